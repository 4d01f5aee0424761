internal import CCrypto
import CPawlSystem
import PawlCorpus

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Files under the SHA-256 of what they hold, so that a name says what was trained on and an edit shows.
///
/// A file appears whole or not at all: it is written under a name of its own, brought to disk, then given its name; a crash leaves at most a file
/// whose name ends in `.draft`, which is never read. Putting the same file twice, also at the same time, is putting it once.
public struct DocumentStore: Sendable {
  public let folder: String

  /// Makes the folder where it is missing.
  public init(folder: String) throws(DocumentsError) {
    self.folder = folder
    if mkdir(folder, 0o755) != 0, errno != EEXIST { throw .system("write", folder, errno) }
  }

  /// Keeps a file and returns its SHA-256 in hexadecimal. The file itself stays as it is; what is kept is a copy that nobody may write to.
  ///
  /// A copy, not a second name of the same file: the owner's later edits must not reach it. Where the file system can, both share their blocks.
  public func put(_ path: String) throws(DocumentsError) -> String {
    let source = pawl_open(path, O_RDONLY, 0)
    guard source >= 0 else { throw .system("read", path, errno) }
    defer { close(source) }
    let (draft, target) = try makeDraft()
    var isKept = false
    defer {
      close(target)
      if !isKept { unlink(draft) }
    }
    if pawl_clone_file(target, source) != 0 { try Self.copy(source, path, to: target, draft) }
    // Of what was copied: the source may have been written to meanwhile.
    let digest = try Self.digest(target, draft)
    guard fchmod(target, 0o444) == 0, fsync(target) == 0 else { throw .system("write", draft, errno) }
    let kept = self.path(of: digest)
    if access(kept, F_OK) == 0, (try? verify(digest)) != nil { return digest }
    guard rename(draft, kept) == 0 else { throw .system("write", kept, errno) }
    isKept = true
    try DocumentWriter.synchronizeFolder(of: kept)
    return digest
  }

  /// Where the file of a digest is, or would be.
  public func path(of digest: String) -> String { folder + "/" + digest }

  /// Whether a file of that digest is there; its content is not looked at.
  public func has(_ digest: String) -> Bool { Self.isDigest(digest) && access(path(of: digest), F_OK) == 0 }

  /// Throws `.altered` where the file's content is not what its name says, `.unreadable` where it is missing.
  public func verify(_ digest: String) throws(DocumentsError) {
    guard Self.isDigest(digest) else {
      throw DocumentsError(
        .unreadable, "`\(digest)` is no SHA-256", hints: ["a file is named by the 64 hexadecimal digits of its digest"])
    }
    let path = path(of: digest)
    guard try Self.digest(ofFile: path) == digest else {
      throw DocumentsError(
        .altered, "`\(path)` does not hold what its name says",
        hints: [
          "it was changed after it was stored: put back what was there, or begin a new study (`study:` in pawl.yaml)"
        ])
    }
  }

  /// Returns the SHA-256 of a file in hexadecimal.
  public static func digest(ofFile path: String) throws(DocumentsError) -> String {
    let descriptor = pawl_open(path, O_RDONLY, 0)
    guard descriptor >= 0 else { throw .system("read", path, errno) }
    defer { close(descriptor) }
    return try digest(descriptor, path)
  }

  private static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// Opens a file that nobody else writes to.
  private func makeDraft() throws(DocumentsError) -> (String, Int32) {
    for attempt in 0..<1_000 {
      let draft = "\(folder)/\(getpid())-\(attempt).draft"
      let descriptor = pawl_open(draft, O_RDWR | O_CREAT | O_EXCL, 0o644)
      if descriptor >= 0 { return (draft, descriptor) }
      guard errno == EEXIST else { throw .system("write", draft, errno) }
    }
    throw DocumentsError(
      .unwritable, "`\(folder)` is full of drafts", hints: ["remove the files there whose names end in `.draft`"])
  }

  private static func copy(_ source: Int32, _ path: String, to target: Int32, _ draft: String) throws(DocumentsError) {
    try forEachPiece(source, path) { (piece) throws(DocumentsError) in
      var done = 0
      while done < piece.count {
        let written = write(target, piece.baseAddress.map { $0 + done }, piece.count - done)
        if written >= 0 {
          done += written
        } else if errno != EINTR {
          throw DocumentsError.system("write", draft, errno)
        }
      }
    }
  }

  private static func digest(_ descriptor: Int32, _ path: String) throws(DocumentsError) -> String {
    let failure = DocumentsError(
      .unreadable, "libcrypto offers no SHA-256", hints: ["check the installation with `pawl doctor`"])
    guard let context = EVP_MD_CTX_new() else { throw failure }
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw failure }
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .system("read", path, errno) }
    try forEachPiece(descriptor, path) { (piece) throws(DocumentsError) in
      guard EVP_DigestUpdate(context, piece.baseAddress, piece.count) == 1 else { throw failure }
    }
    var bytes = [UInt8](repeating: 0, count: 32)
    guard EVP_DigestFinal_ex(context, &bytes, nil) == 1 else { throw failure }
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  private static func forEachPiece(
    _ descriptor: Int32, _ path: String, _ body: (UnsafeRawBufferPointer) throws(DocumentsError) -> Void
  ) throws(DocumentsError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count > 0 {
        try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      } else if count == 0 {
        return
      } else if errno != EINTR {
        throw .system("read", path, errno)
      }
    }
  }
}
