/// A text that a model is, or may be, trained on, and where it came from.
public struct Document: Sendable, Codable, Hashable {
  /// Names it within a study: of a real one as its file has it, or its place in it; of a made one from its source.
  public var id: String
  public var text: String
  public var source: DocumentSource
  /// What the data's owner says of it, as `book: Genesis`; slices are made of these.
  public var fields: [String: String]
  public init(id: String, text: String, source: DocumentSource, fields: [String: String] = [:]) {
    self.id = id
    self.text = text
    self.source = source
    self.fields = fields
  }
}

/// Where a document came from; everything that a model learns traces back to one of these.
public enum DocumentSource: Sendable, Codable, Hashable {
  /// Somebody's data: the file's name in the repository, and the line, counted from 1.
  case real(file: String, line: Int)
  /// A model's own output.
  case made(Making)

  public var isReal: Bool {
    if case .real = self { return true }
    return false
  }
}

/// How a model made a document.
public struct Making: Sendable, Codable, Hashable {
  /// SHA-256 of the model's file, in hexadecimal.
  public var model: String
  /// What the model was given to go on from.
  public var prompt: String
  public var seed: UInt64
  /// The generation whose snapshot it was made for, from 1.
  public var generation: Int
  /// The filters that it passed, in their order.
  public var filters: [String]
  public init(model: String, prompt: String, seed: UInt64, generation: Int, filters: [String] = []) {
    self.model = model
    self.prompt = prompt
    self.seed = seed
    self.generation = generation
    self.filters = filters
  }
}
