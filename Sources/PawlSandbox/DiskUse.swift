import CPawlSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Adds up what a folder holds on disk, in blocks really used; links are not followed and never lead out.
enum DiskUse {
  /// Returns bytes below `path`; stops early once they pass `limit`.
  static func bytes(below path: String, limit: Int64 = .max) -> Int64 {
    guard let folder = Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return 0 }
    var walk = Walk(limit: limit)
    walk.visit(folder.number, depth: 0)
    return walk.total
  }

  private struct Walk {
    let limit: Int64
    var total: Int64 = 0
    /// Files with several names count once.
    var linked = Set<UInt64>()

    mutating func visit(_ folder: Int32, depth: Int) {
      // Deeper than any honest tree; each level holds a descriptor open.
      guard depth < 64 else { return }
      let copy = pawl_openat(folder, ".", O_RDONLY | O_DIRECTORY, 0)
      guard copy >= 0, let stream = fdopendir(copy) else { return }
      defer { closedir(stream) }
      while total <= limit, let name = nextName(in: stream) {
        var status = stat()
        guard fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
        let kind = status.st_mode & S_IFMT
        if kind == S_IFDIR || status.st_nlink < 2 || linked.insert(UInt64(status.st_ino)).inserted {
          total &+= Int64(status.st_blocks) &* 512
        }
        guard kind == S_IFDIR else { continue }
        let number = pawl_openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0)
        guard number >= 0 else { continue }
        let child = Descriptor(number)
        visit(child.number, depth: depth + 1)
      }
    }
  }
}

/// How full a private file system in memory is.
struct MemoryFolder {
  private let folder: Descriptor

  init?(path: String) {
    guard let folder = Descriptor.open(path, O_RDONLY | O_DIRECTORY) else { return nil }
    self.folder = folder
  }

  /// Bytes used, and whether almost nothing is left.
  func use() -> (bytes: Int64, isFull: Bool) {
    var (used, available): (UInt64, UInt64) = (0, 0)
    guard pawl_file_system(folder.number, &used, &available) == 0 else { return (0, false) }
    return (Int64(clamping: used), available <= used / 64)
  }
}
