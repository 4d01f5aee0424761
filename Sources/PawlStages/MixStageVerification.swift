public import PawlCore
import PawlCorpus
import PawlDocuments

/// What a snapshot is made of.
public struct Mixture: Sendable, Hashable {
  public private(set) var realDocuments = 0
  /// Of text, in UTF-8.
  public private(set) var realBytes = 0
  public private(set) var madeDocuments = 0
  public private(set) var madeBytes = 0

  /// The share of real documents, by bytes, 0...1; 1 for nothing at all.
  public var realShare: Double {
    let all = Double(realBytes) + Double(madeBytes)
    return all > 0 ? Double(realBytes) / all : 1
  }

  mutating func add(_ document: Document) {
    let bytes = document.text.utf8.count
    if document.source.isReal {
      realDocuments += 1
      realBytes += bytes
    } else {
      madeDocuments += 1
      madeBytes += bytes
    }
  }

  var json: JSONValue {
    func part(_ documents: Int, _ bytes: Int) -> JSONValue {
      .members(("documents", .integer(documents)), ("bytes", .integer(bytes)))
    }
    return .members(("real", part(realDocuments, realBytes)), ("made", part(madeDocuments, madeBytes)))
  }

  func check(floor: Double, of file: String) throws(StagesError) {
    // The share that was aimed at may be the floor itself, but for rounding.
    guard realShare >= floor - 1e-9 else {
      throw StagesError(
        .result, "`\(file)` is real to a share of \(realShare.fixed(decimals: 3)), below the floor of \(floor)",
        hints: ["take fewer made documents", "the floor is `floor` under `mix` in pawl.yaml"])
    }
  }

  /// Checks a snapshot, whoever mixed it, and returns what it is made of.
  ///
  /// Every document of `real` must be in it as it is there; every other must be one of the `made` files, unchanged and with its source; and the
  /// floor must be kept. Throws `.result` with the first document that is wrong, and what the files' readers throw.
  public static func verify(
    snapshot: String, real: String, name: String, made: [String], rule: MixRule
  ) throws -> Mixture {
    let file = snapshot.split(separator: "/").last.map(String.init) ?? snapshot
    var realOnes = DigestTable()
    _ = try RealDocuments.forEach(path: real, name: name) { (document) throws(DocumentsError) in
      realOnes.insert(digest(document.text), 0)
    }
    var madeOnes = DigestTable()
    for file in made {
      let reader = try DocumentReader(path: file)
      while let document = try reader.next() { madeOnes.insert(digest(document.text, document.source), 0) }
    }
    var mixture = Mixture()
    var found = DigestTable()
    let reader = try DocumentReader(path: snapshot, name: name)
    while let document = try reader.next() {
      mixture.add(document)
      if document.source.isReal {
        let text = digest(document.text)
        guard realOnes.contains(text) else {
          throw StagesError(
            .result, "`\(document.id)` of `\(file)` says that it is real, but is not in `\(name)`",
            hints: ["a mix command writes documents as it read them, with their `source`"])
        }
        found.insert(text, 0)
      } else if !madeOnes.contains(digest(document.text, document.source)) {
        throw StagesError(
          .result, "`\(document.id)` of `\(file)` is no document that was kept, or was changed",
          hints: ["a mix command takes made documents from `pool.jsonl` and `kept.jsonl` only, as they are"])
      }
    }
    guard found.count == realOnes.count else {
      throw StagesError(
        .result, "`\(file)` lacks \(realOnes.count - found.count) of the real documents of `\(name)`",
        hints: ["real documents are never dropped: a mix command writes all of `real.jsonl`"])
    }
    try mixture.check(floor: rule.floor, of: file)
    return mixture
  }

  private static func digest(_ text: String, _ source: DocumentSource? = nil) -> UInt64 {
    var hash = StableHash()
    hash.add(text)
    if case .made(let making) = source {
      hash.add(making.model)
      hash.add(making.prompt)
      hash.add(making.seed)
      hash.add(UInt64(bitPattern: Int64(making.generation)))
      for filter in making.filters { hash.add(filter) }
    }
    return hash.value
  }
}

/// Somebody's data, as it is given to a study.
public enum RealDocuments {
  /// Reads a file of real documents and throws `.input` where nothing can be learnt from it or a text holds control characters.
  public static func check(path: String, name: String) throws -> Mixture {
    try forEach(path: path, name: name) { _ throws(DocumentsError) in }
  }

  static func forEach(
    path: String, name: String, _ body: (Document) throws(DocumentsError) -> Void
  ) throws -> Mixture {
    var mixture = Mixture()
    var repeated = RepeatedText()
    let reader = try DocumentReader(path: path, name: name)
    while let document = try reader.next() {
      guard document.source.isReal else {
        throw StagesError(
          .input, "`\(document.id)` of `\(name)` says that a model made it",
          hints: ["`real` in pawl.yaml names data that no model made"])
      }
      // What is only empty teaches nothing, and does no harm; U+FFFD may be the owner's own.
      if let fault = TextFault(document.text), case .control = fault {
        throw StagesError(
          .input, "`\(document.id)` of `\(name)` cannot be learnt: \(fault)",
          hints: ["remove such characters from the data"])
      }
      repeated.add(TextDigest(document.text))
      mixture.add(document)
      try body(document)
    }
    guard mixture.realBytes > 0 else {
      throw StagesError(
        .input, "`\(name)` holds no document with text",
        hints: ["`real` in pawl.yaml names JSON Lines with a `text` each"])
    }
    if mixture.realDocuments > 1, repeated.isOnlyText {
      throw StagesError(
        .input, "`\(name)` is one document, \(mixture.realDocuments) times", hints: ["see how the file was made"])
    }
    return mixture
  }
}
