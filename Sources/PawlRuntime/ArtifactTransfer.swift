import CPawlSystem
import PawlCore
import PawlGuard
import PawlSandbox

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Carries what a command left to where a frozen command scores it: regular files alone, never over a frozen file.
///
/// Names and contents are the candidate's choosing: no link is followed on either side, and sizes count as they appear, so that a
/// file of holes is no way around the disk budget. What does not fit (a file where a frozen folder is, a name that is no text) is left.
struct ArtifactTransfer {
  let patterns: [Glob]
  let policy: EditPolicy
  /// All files together; nil for no limit.
  let limit: Bytes?
  let cancellation: Cancellation
  /// The most files that are carried.
  var fileLimit = 100_000

  /// Names looked at, taken or not, and the depth of folders: beyond is no honest output.
  private static let nameLimit = 1_000_000
  private static let depthLimit = 64

  private struct Progress {
    var names = 0
    var files = 0
    var bytes: Int64 = 0
  }

  /// Copies; stops early when cancelled.
  ///
  /// - Throws: `RuntimeError.Code.system` when there is more than may be carried, or the copy fails.
  func copy(from work: String, to stage: String) throws(RuntimeError) {
    let source = Folder(pawl_open(work, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0))
    let target = Folder(pawl_open(stage, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0))
    guard source.isOpen, target.isOpen else { throw Self.failure("the attempt's folder could not be opened", errno) }
    var progress = Progress()
    try visit(source, path: [], stage: target, &progress)
  }

  private func visit(_ folder: Folder, path: [String], stage: Folder, _ progress: inout Progress) throws(RuntimeError) {
    for name in folder.names(limit: Self.nameLimit) {
      guard !cancellation.isCancelled else { return }
      progress.names += 1
      guard progress.names <= Self.nameLimit else {
        throw Self.tooMuch("the command left more than \(Self.nameLimit) files and folders")
      }
      var status = stat()
      guard fstatat(folder.number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
      let inner = path + [name]
      if status.st_mode & S_IFMT == S_IFDIR {
        let child = Folder(pawl_openat(folder.number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0))
        guard child.isOpen, inner.count < Self.depthLimit else { continue }
        try visit(child, path: inner, stage: stage, &progress)
      } else if status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 {
        let whole = inner.joined(separator: "/")
        guard patterns.contains(where: { $0.matches(whole) }) else { continue }
        try carry(inner, whole, from: folder, status, stage: stage, &progress)
      }
    }
  }

  private func carry(
    _ path: [String], _ whole: String, from folder: Folder, _ status: stat, stage: Folder, _ progress: inout Progress
  ) throws(RuntimeError) {
    guard let name = path.last, let parent = stage.descend(path.dropLast()) else { return }
    var present = stat()
    if fstatat(parent.number, name, &present, AT_SYMLINK_NOFOLLOW) == 0 {
      guard present.st_mode & S_IFMT == S_IFREG, policy.isEditable(whole) else { return }
    }
    progress.files += 1
    let size = Int64(status.st_size)
    progress.bytes = progress.bytes.addingReportingOverflow(size).overflow ? .max : progress.bytes + size
    guard progress.files <= fileLimit else {
      throw Self.tooMuch("the artifacts are more than \(fileLimit) files")
    }
    if let limit, progress.bytes > limit.count {
      throw Self.tooMuch("the artifacts are larger than \(limit), the disk budget", "raise `budget.disk` in pawl.yaml")
    }
    let source = Folder(pawl_openat(folder.number, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0))
    guard source.isOpen else { throw Self.failure("the artifact `\(whole)` could not be read", errno) }
    _ = unlinkat(parent.number, name, 0)
    let mode = status.st_mode & 0o111 == 0 ? 0o644 : 0o755
    let target = Folder(pawl_openat(parent.number, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode_t(mode)))
    guard target.isOpen else { throw Self.failure("the artifact `\(whole)` could not be copied", errno) }
    let number = copy(source.number, target.number, size: size)
    guard number == 0 else { throw Self.failure("the artifact `\(whole)` could not be copied", number) }
  }

  /// Copies `size` bytes without the holes; returns 0 or errno.
  private func copy(_ source: Int32, _ target: Int32, size: Int64) -> Int32 {
    if pawl_clone_file(target, source) == 0 { return 0 }
    if ftruncate(target, off_t(size)) != 0 { return errno }
    var buffer = [UInt8](repeating: 0, count: Int(min(max(1, size), 1 << 20)))
    var place: Int64 = 0
    while place < size, !cancellation.isCancelled {
      let data = Int64(lseek(source, off_t(place), Self.seekData))
      if data < 0 && errno == ENXIO { return 0 }
      // A file system that knows no holes has data everywhere.
      let start = data < 0 ? place : data
      let hole = data < 0 ? size : Int64(lseek(source, off_t(start), Self.seekHole))
      let end = min(size, hole < 0 ? size : hole)
      place = start
      while place < end, !cancellation.isCancelled {
        let count = pread(source, &buffer, min(buffer.count, Int(end - place)), off_t(place))
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { return count < 0 ? errno : 0 }
        var written = 0
        while written < count {
          let done = buffer.withUnsafeBytes { bytes in
            bytes.baseAddress.map { pwrite(target, $0 + written, count - written, off_t(place) + off_t(written)) } ?? -1
          }
          if done < 0 && errno == EINTR { continue }
          if done <= 0 { return done < 0 ? errno : EIO }
          written += done
        }
        place += Int64(count)
      }
    }
    return 0
  }

  #if canImport(Glibc)
    // lseek(2); Glibc shows these to C only with _GNU_SOURCE.
    private static let (seekData, seekHole): (Int32, Int32) = (3, 4)
  #else
    private static let (seekData, seekHole): (Int32, Int32) = (4, 3)
  #endif

  private static func failure(_ message: String, _ number: Int32) -> RuntimeError {
    RuntimeError(.system, "\(message): \(String(cString: strerror(number)))", hints: ["run `pawl doctor`"])
  }

  private static func tooMuch(_ message: String, _ hint: String? = nil) -> RuntimeError {
    RuntimeError(.system, message, hints: [hint ?? "name what `evaluate` needs in `artifacts`, and no more"])
  }
}

/// An open folder or file that closes itself.
private final class Folder {
  let number: Int32
  var isOpen: Bool { number >= 0 }
  init(_ number: Int32) { self.number = number }
  deinit { if number >= 0 { close(number) } }

  /// Returns the names that are text, sorted, so that what a limit cuts off is always the same.
  func names(limit: Int) -> [String] {
    let copy = pawl_openat(number, ".", O_RDONLY | O_DIRECTORY, 0)
    guard copy >= 0, let stream = fdopendir(copy) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while names.count <= limit, let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if let name, name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Returns the folder below, its parts made where they are missing; nil where something else is in the way.
  func descend(_ parts: ArraySlice<String>) -> Folder? {
    var folder = self
    for part in parts {
      _ = mkdirat(folder.number, part, 0o755)
      folder = Folder(pawl_openat(folder.number, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0))
      guard folder.isOpen else { return nil }
    }
    return folder
  }
}
