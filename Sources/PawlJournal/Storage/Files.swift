#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The little that is done to files apart from SQLite.
enum Files {
  static func exist(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Puts a rename in `folder` on disk (fsync(2) of the folder).
  static func synchronize(_ folder: String) throws(JournalError) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .system("open", folder, errno: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .system("sync", folder, errno: errno) }
  }
}
