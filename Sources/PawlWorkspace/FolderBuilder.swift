#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Fills a fresh folder with files; paths are bytes, and no file is ever written through a link.
struct FolderBuilder {
  /// The folder, ready to have paths appended.
  struct Root: Sendable {
    let path: String
    private let start: [UInt8]
    init(_ path: String) {
      self.path = path
      start = Array(path.utf8) + [0x2f]
    }
    var scratch: [UInt8] { start }
    /// Calls the body with the whole path as C text; `buffer` is reused from call to call.
    func withPath<Value>(_ path: [UInt8], _ buffer: inout [UInt8], _ body: (UnsafePointer<CChar>) -> Value) -> Value {
      buffer.removeLast(buffer.count - start.count)
      buffer.append(contentsOf: path)
      buffer.append(0)
      return buffer.withUnsafeBufferPointer { bytes in
        bytes.withMemoryRebound(to: CChar.self) { chars in
          // Never empty: it ends in NUL.
          chars.baseAddress.map(body) ?? "".withCString(body)
        }
      }
    }
  }

  let root: Root
  private var buffer: [UInt8]
  private var pieces: [UInt8] = []
  private var made: Set<[UInt8]> = []
  private var lastParent: ArraySlice<UInt8> = []

  init(_ root: Root) {
    self.root = root
    buffer = root.scratch
  }

  mutating func folder(_ path: [UInt8]) throws(WorkspaceError) {
    if path.isEmpty || made.contains(path) { return }
    if let slash = path.lastIndex(of: 0x2f) { try folder(Array(path[..<slash])) }
    guard root.withPath(path, &buffer, { mkdir($0, 0o777) }) == 0 else { throw failure(path, errno) }
    made.insert(path)
  }

  private mutating func parent(of path: [UInt8]) throws(WorkspaceError) {
    let parent = path.lastIndex(of: 0x2f).map { path[..<$0] } ?? []
    if parent == lastParent { return }
    try folder(Array(parent))
    lastParent = parent
  }

  private func failure(_ path: [UInt8], _ number: Int32) -> WorkspaceError {
    .system("`\(path.shown)` could not be laid down in `\(root.path)`", number)
  }

  private mutating func create(_ path: [UInt8], executable: Bool) throws(WorkspaceError) -> Int32 {
    try parent(of: path)
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
    let number = root.withPath(path, &buffer) { open($0, flags, executable ? 0o777 : 0o666) }
    guard number >= 0 else { throw failure(path, errno) }
    return number
  }

  /// Makes a file from a blob, without holding it in memory as a whole; returns its status.
  mutating func make(
    _ path: [UInt8], executable: Bool, blob: ObjectName, _ reader: ObjectReader
  ) throws(WorkspaceError) -> stat {
    let number = try create(path, executable: executable)
    defer { _ = systemClose(number) }
    var problem: Int32 = 0
    let begin: (Int) -> Void = { _ in
      problem = ftruncate(number, 0) == 0 && lseek(number, 0, SEEK_SET) == 0 ? 0 : errno
    }
    try reader.stream(blob, begin: begin) { piece in
      if problem == 0 { problem = FilePath.writeAll(piece, to: number) }
    }
    var status = stat()
    if problem == 0 && fstat(number, &status) != 0 { problem = errno }
    guard problem == 0 else { throw failure(path, problem) }
    return status
  }

  mutating func make(_ path: [UInt8], executable: Bool, content: [UInt8]) throws(WorkspaceError) {
    let number = try create(path, executable: executable)
    let problem = FilePath.writeAll(content[...], to: number)
    _ = systemClose(number)
    guard problem == 0 else { throw failure(path, problem) }
  }

  mutating func copy(_ file: Pristine.File, from source: Root, _ sourceBuffer: inout [UInt8]) throws(WorkspaceError) {
    let reading = source.withPath(file.path, &sourceBuffer) { open($0, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
    guard reading >= 0 else { throw failure(file.path, errno) }
    defer { _ = systemClose(reading) }
    let writing = try create(file.path, executable: file.executable)
    defer { _ = systemClose(writing) }
    if file.mark.size == 0 { return }
    let problem = FilePath.copyAll(from: reading, to: writing, size: file.mark.size, &pieces)
    guard problem == 0 else { throw failure(file.path, problem) }
  }

  mutating func link(_ path: [UInt8], to target: [UInt8]) throws(WorkspaceError) {
    try parent(of: path)
    let text = target + [0]
    let made = text.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { chars in
        root.withPath(path, &buffer) { link in chars.baseAddress.map { symlink($0, link) } ?? -1 }
      }
    }
    guard made == 0 else { throw failure(path, errno) }
  }
}
