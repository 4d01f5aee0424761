import CCrypto
import CPawlSystem
import Foundation

/// Files under the SHA-256 of their content.
public struct DocumentStore: Sendable {
  public let folder: String
  public init(folder: String) { self.folder = folder }
  public func path(of digest: String) throws(DocumentsError) -> String { "\(folder)/\(digest.prefix(2))/\(digest)" }
  public func put(_ source: String) throws(DocumentsError) -> String {
    let digest = try Self.digest(of: source)
    let path = try path(of: digest)
    if access(path, F_OK) == 0 { return digest }
    do {
      try FileManager.default.createDirectory(atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try? FileManager.default.removeItem(atPath: path + ".draft")
      try FileManager.default.copyItem(atPath: source, toPath: path + ".draft")
      chmod(path + ".draft", 0o444)
      rename(path + ".draft", path)
    } catch { throw DocumentsError(.unwritable, "cannot store `\(source)`") }
    return digest
  }
  public func verify(_ digest: String) throws(DocumentsError) {
    guard try Self.digest(of: path(of: digest)) == digest else {
      throw DocumentsError(.altered, "`\(try path(of: digest))` is not what it was", hints: ["it was altered on disk"])
    }
  }
  public static func digest(of path: String) throws(DocumentsError) -> String {
    guard let data = FileManager.default.contents(atPath: path) else { throw DocumentsError(.unreadable, "cannot read `\(path)`") }
    var out = [UInt8](repeating: 0, count: 32)
    data.withUnsafeBytes { bytes in _ = EVP_Digest(bytes.baseAddress, bytes.count, &out, nil, EVP_sha256(), nil) }
    return out.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
