import PawlCore
import PawlCorpus
import PawlDocuments

/// Files of one number or one verdict a document.
enum StageLosses {
  /// Returns the finite losses of a file, ascending.
  static func values(_ path: String) throws(DocumentsError) -> [Double] {
    var values: [Double] = []
    try forEach(path) { _, value in values.append(value) }
    return values.sorted()
  }

  /// Returns the finite losses of a file, by digest of the id.
  static func byID(_ path: String) throws(DocumentsError) -> [UInt64: Double] {
    var values: [UInt64: Double] = [:]
    try forEach(path) { id, value in values[FilterKnowledge.digest(ofID: id)] = value }
    return values
  }

  static func verdicts(_ path: String) throws(DocumentsError) -> [UInt64: Bool] {
    var verdicts: [UInt64: Bool] = [:]
    try StageLines.forEach(path) { (line, number) throws(DocumentsError) in
      guard let id = line["id"]?.string, let isRight = line["ok"]?.boolean else {
        throw StageLines.malformed(path, number, "has no `id` or no `ok`", #"write {"id":"g1-0","ok":true}"#)
      }
      verdicts[FilterKnowledge.digest(ofID: id)] = isRight
    }
    return verdicts
  }

  private static func forEach(_ path: String, _ body: (String, Double) -> Void) throws(DocumentsError) {
    try StageLines.forEach(path) { (line, number) throws(DocumentsError) in
      guard let id = line["id"]?.string, let loss = line["loss"] else {
        throw StageLines.malformed(
          path, number, "has no `id` or no `loss`", #"write {"id":"r1","loss":1.25,"bytes":80}"#)
      }
      // What has no finite loss was not measured.
      if let loss = loss.double { body(id, loss) }
    }
  }
}

/// Lines of JSON objects.
enum StageLines {
  static func forEach(
    _ path: String, _ body: (JSONValue, Int) throws(DocumentsError) -> Void
  ) throws(DocumentsError) {
    let blocks = try LineBlocks(path: path)
    while let block = try blocks.next() {
      try block.forEachLine { (range, number) throws(DocumentsError) in
        guard block.bytes[range].contains(where: { $0 > 0x20 }) else { return }
        try body(try object(Array(block.bytes[range]), path: path, number: number), number)
      }
    }
  }

  static func object(_ line: [UInt8], path: String, number: Int) throws(DocumentsError) -> JSONValue {
    guard let value = JSONValue(bytes: line), value.isObject else {
      throw malformed(path, number, "is no JSON object", "see that the file was written to its end")
    }
    return value
  }

  static func malformed(_ path: String, _ number: Int, _ what: String, _ hint: String) -> DocumentsError {
    DocumentsError(.malformed, "line \(number) of `\(path)` \(what)", hints: [hint])
  }
}

/// The texts of a line of evaluation data.
enum HeldText {
  /// Its `text`; else each of its texts, and all of them together, as a question and its answer are learnt together.
  static func texts(_ line: [UInt8], path: String, number: Int) throws(DocumentsError) -> [String] {
    let value = try StageLines.object(line, path: path, number: number)
    if let text = value["text"]?.string { return [text] }
    let texts = texts(in: value)
    return texts.count < 2 ? texts : texts + [texts.joined(), texts.joined(separator: " ")]
  }

  /// The texts of a value in their order, but for ids.
  private static func texts(in value: JSONValue) -> [String] {
    switch value {
    case .string(let text): [text]
    case .array(let values): values.flatMap(texts(in:))
    case .object(let members): members.filter { $0.name != "id" }.flatMap { texts(in: $0.value) }
    case .null, .boolean, .number: []
    }
  }
}
