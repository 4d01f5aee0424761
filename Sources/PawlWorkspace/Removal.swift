#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Removes folders below `.pawl`, whatever an attempt made of them.
struct Removal {
  /// The repository's top folder.
  let root: String
  /// Folders deeper than this are first moved up, so that neither descriptors nor stack run out.
  static let deepest = 32

  func remove(_ directory: String) throws(WorkspaceError) {
    let path = FilePath.absolute(directory)
    let pawl = PawlFolder.path(root)
    guard path.hasPrefix(pawl + "/") else {
      throw WorkspaceError(.fileSystem, "`\(path)` is not below `\(pawl)`, so it is not removed")
    }
    var names = path.dropFirst(pawl.count + 1).split(separator: "/").map(String.init)
    guard let last = names.popLast() else { return }
    var parent = try Descriptor.open(pawl, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    for name in names {
      let number = openat(parent.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      if number < 0 && errno == ENOENT { return }
      guard number >= 0 else { throw .system("`\(path)` could not be removed") }
      parent = Descriptor(number)
    }
    var status = stat()
    guard fstatat(parent.number, last, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR {
      guard let top = opened(Array(last.utf8CString), in: parent.number) else {
        throw .system("`\(path)` could not be read")
      }
      var sweep = Sweep(top: top, device: status.st_dev)
      sweep.empty(top, depth: 0)
      guard unlinkat(parent.number, last, AT_REMOVEDIR) == 0 else { throw .system("`\(path)` could not be removed") }
    } else {
      guard unlinkat(parent.number, last, 0) == 0 else { throw .system("`\(path)` could not be removed") }
    }
  }
}

/// Opens a folder, giving its owner all rights first where that is needed.
private func opened(_ name: [CChar], in parent: Int32) -> Descriptor? {
  let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
  // Without writing, its entries could be seen but not removed.
  _ = fchmodat(parent, name, 0o700, AT_SYMLINK_NOFOLLOW)
  let number = openat(parent, name, flags)
  return number >= 0 ? Descriptor(number) : nil
}

/// The emptying of one folder.
private struct Sweep {
  let top: Descriptor
  /// Other file systems mounted below are left alone.
  let device: dev_t
  private var moved = 0
  private static let portion = 1024

  init(top: Descriptor, device: dev_t) {
    self.top = top
    self.device = device
  }

  mutating func empty(_ folder: Descriptor, depth: Int) {
    while true {
      let names = someNames(in: folder)
      var removed = 0
      for name in names where removeEntry(name, in: folder, depth: depth) { removed += 1 }
      if removed == 0 { return }
    }
  }

  private func someNames(in folder: Descriptor) -> [[CChar]] {
    // A description of its own, since reading moves the position that copies would share.
    let number = openat(folder.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard number >= 0 else { return [] }
    guard let stream = fdopendir(number) else {
      _ = systemClose(number)
      return []
    }
    defer { closedir(stream) }
    var names: [[CChar]] = []
    while names.count < Self.portion, let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
          Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
        }
      }
      if name != [0x2e, 0] && name != [0x2e, 0x2e, 0] { names.append(name) }
    }
    return names
  }

  private mutating func removeEntry(_ name: [CChar], in folder: Descriptor, depth: Int) -> Bool {
    var status = stat()
    guard fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return false }
    guard status.st_mode & S_IFMT == S_IFDIR else { return unlinkat(folder.number, name, 0) == 0 }
    guard status.st_dev == device else { return false }
    if unlinkat(folder.number, name, AT_REMOVEDIR) == 0 { return true }
    guard let inner = opened(name, in: folder.number) else { return false }
    if depth >= Removal.deepest {
      moved += 1
      return renameat(folder.number, name, top.number, ".pawl-moved-\(moved)") == 0
    }
    empty(inner, depth: depth + 1)
    return unlinkat(folder.number, name, AT_REMOVEDIR) == 0
  }
}
