import Foundation
import Testing

@testable import PawlDocuments

/// Of "abc", from FIPS 180-2, appendix B.1.
private let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

@Test func `a file is stored under its SHA-256 and cannot be written to`() throws {
  let folder = try Folder()
  let store = try DocumentStore(folder: folder.path + "/store")
  let path = try folder.file("a", "abc")
  #expect(try store.put(path) == digest)
  #expect(try store.put(path) == digest)
  #expect(store.has(digest))
  try store.verify(digest)
  let attributes = try FileManager.default.attributesOfItem(atPath: store.path(of: digest))
  #expect(attributes[.posixPermissions] as? Int == 0o444)
  // The owner's file is another: an edit does not reach what is stored.
  try Data("abd".utf8).write(to: URL(fileURLWithPath: path))
  try store.verify(digest)
  #expect(try FileManager.default.contentsOfDirectory(atPath: store.folder) == [digest])
}

@Test func `a stored file that was changed is told, and stored anew`() throws {
  let folder = try Folder()
  let store = try DocumentStore(folder: folder.path)
  let path = try folder.file("a", "abc")
  _ = try store.put(path)
  try FileManager.default.removeItem(atPath: store.path(of: digest))
  _ = try folder.file(digest, "abd")
  let error = try #require(throws: DocumentsError.self) { try store.verify(digest) }
  #expect(error.code == .altered)
  _ = try store.put(path)
  try store.verify(digest)
}

@Test func `what a crash has left is never taken for a file`() throws {
  let folder = try Folder()
  let store = try DocumentStore(folder: folder.path)
  for attempt in 0..<3 { _ = try folder.file("\(getpid())-\(attempt).draft", "ab") }
  #expect(try store.put(try folder.file("a", "abc")) == digest)
  try store.verify(digest)
}

@Test(arguments: ["", "../a", "abc", String(repeating: "A", count: 64)])
func `what is no digest names no file`(name: String) throws {
  let store = try DocumentStore(folder: try Folder().path)
  #expect(!store.has(name))
  let error = try #require(throws: DocumentsError.self) { try store.verify(name) }
  #expect(error.code == .unreadable)
}

@Test func `a file of many pieces has the digest of the whole`() throws {
  let folder = try Folder()
  // A million times "a": FIPS 180-2, appendix B.3; in the middle of a piece.
  let path = try folder.file("a", [UInt8](repeating: 0x61, count: 1_000_000))
  #expect(
    try DocumentStore(folder: folder.path).put(path)
      == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
}

@Test func `a file that many put at once is there once`() throws {
  let folder = try Folder()
  let store = try DocumentStore(folder: folder.path + "/store")
  let path = try folder.file("a", "abc")
  DispatchQueue.concurrentPerform(iterations: 32) { _ in _ = try? store.put(path) }
  try store.verify(digest)
  #expect(try FileManager.default.contentsOfDirectory(atPath: store.folder) == [digest])
}

@Test func `a store that cannot be made and a file that is missing are told`() throws {
  let folder = try Folder()
  let path = try folder.file("a", "abc")
  let unwritable = try #require(throws: DocumentsError.self) { try DocumentStore(folder: path + "/store") }
  #expect(unwritable.code == .unwritable)
  let store = try DocumentStore(folder: folder.path)
  let missing = try #require(throws: DocumentsError.self) { try store.put(folder.path + "/b") }
  #expect(missing.code == .unreadable)
  #expect(throws: DocumentsError.self) { try store.verify(digest) }
}
