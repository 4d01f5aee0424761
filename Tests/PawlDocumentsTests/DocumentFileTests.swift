import Foundation
import PawlCore
import PawlCorpus
import Testing

@testable import PawlDocuments

/// A folder that goes when the test ends.
final class Folder {
  let path: String
  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("pawl-" + UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
  func file(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    return path + "/" + name
  }
  func file(_ name: String, _ text: String) throws -> String { try file(name, text.utf8) }
}

@Test func `documents that are written come back`() throws {
  let folder = try Folder()
  let path = folder.path + "/a.jsonl"
  let documents = (0..<5_000).map {
    Document(id: "d\($0)", text: String(repeating: "line\n", count: $0 % 97), source: .real(file: "x", line: $0))
  }
  let writer = try DocumentWriter(path: path)
  for document in documents { try writer.write(document) }
  #expect(!FileManager.default.fileExists(atPath: path))
  try writer.finish()
  #expect(!FileManager.default.fileExists(atPath: path + ".draft"))
  #expect(try DocumentReader.all(path: path) == documents)
}

@Test func `a file that was not finished leaves nothing`() throws {
  let folder = try Folder()
  try DocumentWriter(path: folder.path + "/a.jsonl").write(bytes: [0x41])
  #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
}

@Test func `plain text is a document a line, whatever its lines end with`() throws {
  let folder = try Folder()
  let documents = try DocumentReader.all(path: try folder.file("a.txt", "one\r\n\n  \ntwo words"), name: "a.txt")
  #expect(documents.map(\.text) == ["one", "two words"])
  #expect(documents.map(\.source) == [.real(file: "a.txt", line: 1), .real(file: "a.txt", line: 4)])
}

@Test func `a bad line is told with its file and number, after what stands before it`() throws {
  let folder = try Folder()
  let path = try folder.file("a.jsonl", "{\"text\":\"a\"}\n\n{\"text\":\"b")
  let reader = try DocumentReader(path: path)
  #expect(try reader.next()?.text == "a")
  let error = try #require(throws: DocumentsError.self) { try reader.next() }
  #expect(error.code == .malformed)
  #expect(error.message == "line 3 of `\(path)` is no document: it is cut short")
}

@Test(arguments: ["a.txt", "a.jsonl"])
func `bytes that are no UTF-8 are told`(name: String) throws {
  let folder = try Folder()
  let path = try folder.file(name, Array("{\"text\":\"\u{fffd}\"}\n{\"text\":\"".utf8) + [0xff] + Array("\"}\n".utf8))
  let reader = try DocumentReader(path: path)
  #expect(try reader.next()?.text.contains("\u{fffd}") == true)
  let error = try #require(throws: DocumentsError.self) { try reader.next() }
  #expect(error.message == "line 2 of `\(path)` is not UTF-8")
}

@Test func `a line without end is refused before it fills memory`() throws {
  let folder = try Folder()
  let path = try folder.file("a.txt", "short\n" + String(repeating: "x", count: 5_000))
  let blocks = try LineBlocks(path: path, blockBytes: 64, lineLimit: 1_000)
  #expect(try blocks.next()?.firstLine == 1)
  let error = try #require(throws: DocumentsError.self) { while try blocks.next() != nil {} }
  #expect(error.message == "line 2 of `\(path)` is longer than 1000 bytes")
}

@Test(arguments: [1, 2, 7, 64, 1 << 20])
func `a file is the same in blocks and parts of any size`(size: Int) throws {
  let folder = try Folder()
  let text = (1...200).map { String(repeating: "\($0),", count: $0 % 13) }.joined(separator: "\n")
  let blocks = try LineBlocks(path: try folder.file("a.txt", text), blockBytes: size)
  var (lines, numbers): ([String], [Int]) = ([], [])
  while let block = try blocks.next() {
    for part in block.parts(3) {
      part.forEachLine { range, number in
        lines.append(String(decoding: part.bytes[range], as: UTF8.self))
        numbers.append(number)
      }
    }
  }
  #expect(lines.joined(separator: "\n") == text)
  #expect(numbers == Array(1...200))
}

@Test func `a missing file is told`() throws {
  let error = try #require(throws: DocumentsError.self) { try DocumentReader(path: "/no/such.jsonl") }
  #expect(error.code == .unreadable)
  #expect(error.message == "cannot read `/no/such.jsonl`: No such file or directory")
}
