import PawlCore

/// A person's word on a text: what a judge is measured by, and what a classifier learns.
public struct Label: Sendable, Codable, Hashable {
  public var text: String
  /// Whether the text agrees with the constitution, or with its one principle.
  public var label: Bool
  /// The number of the principle that it is about; nil for all together.
  public var principle: Int?
  /// SHA-256 of the model that wrote the text, where one did: what self-preference is seen by.
  public var model: String?
  public init(text: String, label: Bool, principle: Int? = nil, model: String? = nil) {
    self.text = text
    self.label = label
    self.principle = principle
    self.model = model
  }

  /// Reads one line `{"text":…,"label":true,"principle":2}`; throws `malformed` with a fragment that fits behind file and line.
  public init(line: String) throws(JudgingError) {
    let hints = [
      "a label is a line such as `{\"text\":\"…\",\"label\":true}`, `principle` where it is about one of them"
    ]
    let value: JSONValue
    do throws(JSONValue.Failure) {
      value = try JSONValue(reading: Array(line.utf8))
    } catch {
      switch error {
      case .cut: throw JudgingError(.malformed, "the line is cut short", hints: hints)
      case .malformed(let what, let place):
        throw JudgingError(.malformed, "\(what), at byte \(place + 1)", hints: hints)
      }
    }
    guard let text = value["text"]?.string, text.utf8.contains(where: { $0 > 0x20 }) else {
      throw JudgingError(.malformed, "the label has no `text`", hints: hints)
    }
    guard let label = value["label"]?.boolean else {
      throw JudgingError(.malformed, "`label` is neither `true` nor `false`", hints: hints)
    }
    self.init(text: text, label: label, model: value["model"]?.string)
    if let named = value["principle"], !named.isNull {
      guard let number = named.integer, number >= 0 else {
        throw JudgingError(.malformed, "`principle` is not the number of a principle", hints: hints)
      }
      principle = number
    }
  }
}
