public import PawlCore
import PawlCorpus

/// Reads the documents of a file one by one, in constant memory; one thread at a time.
///
/// A file whose name ends in `.jsonl`, `.ndjson` or `.json` is JSON Lines; any other is plain text, a document a line. Empty lines are passed over.
public final class DocumentReader {
  private let blocks: LineBlocks
  private let parser: DocumentParser
  private var documents: [Document] = []
  private var index = 0
  private var failure: DocumentsError?

  /// `name` is what documents that say nothing of their source are said to come from; nil for the path.
  /// Throws `.unreadable` where the file is missing or not to be read.
  public init(path: String, name: String? = nil, lineLimit: Int = 64 << 20) throws(DocumentsError) {
    blocks = try LineBlocks(path: path, blockBytes: 1 << 20, lineLimit: lineLimit)
    parser = DocumentParser(path: path, name: name ?? path)
  }

  /// Returns the next document; nil at the end. Throws `.malformed` with file and line for what is no document.
  public func next() throws(DocumentsError) -> Document? {
    while index == documents.count {
      // What stands before a bad line is still handed out.
      if let failure { throw failure }
      documents.removeAll(keepingCapacity: true)
      index = 0
      guard let block = try blocks.next() else { return nil }
      do throws(DocumentsError) {
        try parser.forEach(in: block) { documents.append($0) }
      } catch { failure = error }
    }
    defer { index += 1 }
    return documents[index]
  }

  /// Returns all documents of a file that fits into memory.
  public static func all(path: String, name: String? = nil) throws(DocumentsError) -> [Document] {
    let reader = try DocumentReader(path: path, name: name)
    var documents: [Document] = []
    while let document = try reader.next() { documents.append(document) }
    return documents
  }
}

/// How the lines of one file become documents.
package struct DocumentParser: Sendable {
  package let path: String
  package let name: String
  package let isJSONLines: Bool

  package init(path: String, name: String) {
    self.path = path
    self.name = name
    isJSONLines = Self.isJSONLines(path)
  }

  package static func isJSONLines(_ path: String) -> Bool {
    [".jsonl", ".ndjson", ".json"].contains { path.hasSuffix($0) }
  }

  /// Calls `body` with each document; throws with file and line at the first line that is none.
  package func forEach(in block: LineBlock, _ body: (Document) -> Void) throws(DocumentsError) {
    try block.forEachLine { (range, number) throws(DocumentsError) in
      let line = Array(block.bytes[range])
      guard line.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { return }
      body(try document(line, number: number))
    }
  }

  package func document(_ line: [UInt8], number: Int) throws(DocumentsError) -> Document {
    if isJSONLines {
      let document: Document
      do {
        document = try Document(lineBytes: line, file: name, number: number)
      } catch {
        throw DocumentsError(
          .malformed, "line \(number) of `\(path)` is no document: \(error.message)", hints: error.hints)
      }
      // The reader of JSON puts U+FFFD where bytes are no UTF-8; only where that may be so are they looked at again.
      if line.isBeyondASCII, String(validating: line, as: UTF8.self) == nil {
        throw notUTF8(number)
      }
      return document
    }
    guard let text = String(validating: line, as: UTF8.self) else { throw notUTF8(number) }
    return Document(id: "r\(number)", text: text, source: .real(file: name, line: number))
  }

  private func notUTF8(_ number: Int) -> DocumentsError {
    DocumentsError(
      .malformed, "line \(number) of `\(path)` is not UTF-8", hints: ["convert the file, as with `iconv -t UTF-8`"])
  }
}
