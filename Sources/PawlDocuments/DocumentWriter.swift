import CPawlSystem
public import PawlCore
import PawlCorpus

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Writes documents to a file that appears under its name only when it is whole and on disk; one thread at a time.
///
/// Until `finish` it is called `NAME.draft`; a draft that a crash has left is written anew.
public final class DocumentWriter {
  public let path: String
  private var draft: String { path + ".draft" }
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var isFinished = false
  private static let bufferBytes = 1 << 20

  public init(path: String) throws(DocumentsError) {
    self.path = path
    descriptor = pawl_open(path + ".draft", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw .system("write", path + ".draft", errno) }
    buffer.reserveCapacity(Self.bufferBytes + (1 << 16))
  }

  deinit {
    close(descriptor)
    if !isFinished { unlink(draft) }
  }

  /// Writes a document as one line.
  public func write(_ document: Document) throws(DocumentsError) {
    document.write(to: &buffer)
    buffer.append(0x0a)
    if buffer.count >= Self.bufferBytes { try flush() }
  }

  /// Writes bytes as they are: lines that others have made, each with its line break.
  public func write(bytes: [UInt8]) throws(DocumentsError) {
    buffer += bytes
    if buffer.count >= Self.bufferBytes { try flush() }
  }

  /// Brings the file to disk and gives it its name, in place of a file that has it already.
  public func finish() throws(DocumentsError) {
    try flush()
    guard fsync(descriptor) == 0 else { throw .system("write", draft, errno) }
    guard rename(draft, path) == 0 else { throw .system("write", path, errno) }
    isFinished = true
    try Self.synchronizeFolder(of: path)
  }

  /// Brings a change of names in the folder that holds `path` to disk.
  static func synchronizeFolder(of path: String) throws(DocumentsError) {
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = pawl_open(folder, O_RDONLY, 0)
    guard descriptor >= 0 else { throw .system("write", folder, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .system("write", folder, errno) }
  }

  private func flush() throws(DocumentsError) {
    var done = 0
    while done < buffer.count {
      let written = buffer.withUnsafeBytes { bytes in
        systemWrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      }
      if written >= 0 {
        done += written
      } else if errno != EINTR {
        throw .system("write", draft, errno)
      }
    }
    buffer.removeAll(keepingCapacity: true)
  }
}

/// write(2), which the methods of the same name hide.
private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, bytes, count)
}
