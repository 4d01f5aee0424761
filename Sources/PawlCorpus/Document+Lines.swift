public import PawlCore

extension Document {
  /// Returns what a line of JSON Lines says, as `{"text":"Once"}` or with `id`, `source` and `fields`.
  ///
  /// A document that says nothing of its source is real, and came from line `number` of `file`; one without an id is named by its line.
  /// Numbers and truth values among the fields become their text. Throws `.malformed` for what is no such object.
  public init(line: String, file: String = "", number: Int = 1) throws(CorpusError) {
    try self.init(lineBytes: Array(line.utf8), file: file, number: number)
  }

  /// As `init(line:)`, for bytes that are not known to be UTF-8.
  public init(lineBytes: [UInt8], file: String, number: Int) throws(CorpusError) {
    let line = try Self.object(lineBytes)
    self.init(
      id: try line.optionalText("id") ?? "r\(number)", text: try line.text("text"),
      source: try line["source"].map(DocumentSource.init(json:)) ?? .real(file: file, line: number),
      fields: try Self.fields(line["fields"]))
  }

  /// Returns what a generator's line says, `{"text","prompt","seed"}` with or without `fields`, of a model and a generation.
  ///
  /// The id, `g3-` and 16 digits, is that of the source and the text: the same line has the same id whenever it is read.
  public init(madeLine: [UInt8], model: String, generation: Int) throws(CorpusError) {
    let line = try Self.object(madeLine)
    let text = try line.text("text")
    let prompt = try line.optionalText("prompt") ?? ""
    guard let seed = try line["seed"]?.seed() else {
      throw CorpusError(
        .malformed, "it has no `seed`", hints: ["a generator writes text, prompt and seed on each line"])
    }
    let making = Making(model: model, prompt: prompt, seed: seed, generation: generation)
    var hash = StableHash()
    for part in [model, prompt, text] { hash.add(part) }
    hash.add(seed)
    let digits = String(hash.value, radix: 16)
    self.init(
      id: "g\(generation)-" + String(repeating: "0", count: 16 - digits.count) + digits, text: text,
      source: .made(making), fields: try Self.fields(line["fields"]))
  }

  /// The document as one line of JSON, without the line break; its fields in the order of their names.
  public var line: String {
    var out: [UInt8] = []
    write(to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  /// Adds the document's line, without the line break.
  public func write(to out: inout [UInt8]) {
    let fields = fields.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
    JSONValue.members(
      ("id", .string(id)), ("text", .string(text)), ("source", source.json), ("fields", .object(fields))
    ).write(to: &out)
  }

  private static func object(_ bytes: [UInt8]) throws(CorpusError) -> JSONValue {
    let value: JSONValue
    do {
      value = try JSONValue(reading: bytes)
    } catch {
      switch error {
      case .cut:
        throw CorpusError(
          .malformed, "it is cut short",
          hints: ["the file was not written to its end: make it again, or remove its last line"])
      case .malformed(let what, let index):
        throw CorpusError(.malformed, "\(what), at byte \(index + 1)", hints: ["each line is one JSON object"])
      }
    }
    guard value.isObject else {
      throw CorpusError(.malformed, "it is no JSON object", hints: [#"a document is a line such as {"text":"Once"}"#])
    }
    return value
  }

  private static func fields(_ value: JSONValue?) throws(CorpusError) -> [String: String] {
    guard let value, !value.isNull else { return [:] }
    guard case .object(let members) = value else {
      throw CorpusError(.malformed, "its `fields` are no object", hints: [#"write them as {"book":"Genesis"}"#])
    }
    var fields: [String: String] = [:]
    for member in members {
      switch member.value {
      case .string(let text), .number(let text): fields[member.name] = text
      case .boolean(let value): fields[member.name] = value ? "true" : "false"
      case .null: continue
      case .array, .object:
        throw CorpusError(
          .malformed, "its field `\(member.name)` is no text", hints: ["a field is a text, a number or a truth value"])
      }
    }
    return fields
  }
}

extension JSONValue {
  /// A text of that name, which must be there, and must have been written as UTF-8.
  func text(_ name: String) throws(CorpusError) -> String {
    guard let text = try optionalText(name) else {
      throw CorpusError(
        .malformed, "it has no `\(name)`", hints: [#"a document is a line such as {"id":"r1","text":"Once"}"#])
    }
    return text
  }

  /// A text of that name; nil where there is none.
  func optionalText(_ name: String) throws(CorpusError) -> String? {
    guard let value = self[name], !value.isNull else { return nil }
    guard let text = value.string else {
      throw CorpusError(.malformed, "its `\(name)` is no text", hints: ["put it into quotes"])
    }
    return text
  }

  func seed() throws(CorpusError) -> UInt64 {
    guard case .number(let digits) = self, let seed = UInt64(digits) else {
      throw CorpusError(.malformed, "its `seed` is no whole number from 0", hints: ["seeds go up to 2^64 - 1"])
    }
    return seed
  }
}

extension DocumentSource {
  init(json: JSONValue) throws(CorpusError) {
    switch try json.text("kind") {
    case "real":
      guard let line = json["line"]?.integer else {
        throw CorpusError(.malformed, "its source has no `line`", hints: ["a real source has kind, file and line"])
      }
      self = .real(file: try json.text("file"), line: line)
    case "model":
      guard let seed = try json["seed"]?.seed(), let generation = json["generation"]?.integer else {
        throw CorpusError(
          .malformed, "its source has no `seed` or no `generation`",
          hints: ["a made source has kind, model, prompt, seed, generation and filters"])
      }
      let filters = json["filters"]?.array?.compactMap(\.string) ?? []
      self = .made(
        Making(
          model: try json.text("model"), prompt: try json.text("prompt"), seed: seed, generation: generation,
          filters: filters))
    case let kind:
      throw CorpusError(.malformed, "its source is of the kind `\(kind)`", hints: ["a source is `real` or `model`"])
    }
  }

  var json: JSONValue {
    switch self {
    case .real(let file, let line):
      .members(("kind", .string("real")), ("file", .string(file)), ("line", .integer(line)))
    case .made(let making):
      .members(
        ("kind", .string("model")), ("model", .string(making.model)), ("prompt", .string(making.prompt)),
        ("seed", .number(String(making.seed))), ("generation", .integer(making.generation)),
        ("filters", .array(making.filters.map(JSONValue.string))))
    }
  }
}
