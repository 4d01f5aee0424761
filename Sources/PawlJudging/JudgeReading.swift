import PawlCore

/// What a judge says of one document.
public struct DocumentVerdict: Sendable, Codable, Hashable {
  public var critique: String
  /// By the number of the principle: whether the document keeps it.
  public var principles: [Int: Bool]
  /// Whether it keeps all.
  public var keeps: Bool { principles.values.allSatisfy { $0 } }
  public init(critique: String, principles: [Int: Bool]) {
    self.critique = critique
    self.principles = principles
  }
}

/// What was read out of a judge's answer; what cannot be read is no "no".
public enum JudgeReading<Verdict: Sendable & Codable & Hashable>: Sendable, Codable, Hashable {
  case read(Verdict)
  /// Why not, as a lowercase fragment.
  case unreadable(String)

  public var verdict: Verdict? {
    if case .read(let verdict) = self { return verdict }
    return nil
  }
}

extension JudgeQuestion {
  /// Reads the answer to a question about one document.
  ///
  /// The verdict may stand in a fence or amid prose; objects without the question's mark are the document's or nobody's.
  public func reading(of answer: String, under constitution: Constitution) -> JudgeReading<DocumentVerdict> {
    read(answer, isSame: { $0.principles == $1.principles }) { value in
      guard let overall = Self.yes(value["verdict"]) else {
        return .unreadable("its `verdict` is neither `yes` nor `no`")
      }
      guard let entries = value["principles"]?.array else { return .unreadable("it has no `principles`") }
      var verdicts: [Int: Bool] = [:]
      for entry in entries {
        guard let number = entry["number"]?.integer, constitution[number] != nil else {
          return .unreadable("it names a principle that there is not")
        }
        guard let verdict = Self.yes(entry["verdict"]) else {
          return .unreadable("its verdict on principle `\(number)` is neither `yes` nor `no`")
        }
        if let earlier = verdicts.updateValue(verdict, forKey: number), earlier != verdict {
          return .unreadable("it says yes and no to principle `\(number)`")
        }
      }
      if let missing = constitution.principles.first(where: { verdicts[$0.number] == nil }) {
        return .unreadable("it says nothing on principle `\(missing.number)`")
      }
      let verdict = DocumentVerdict(critique: value["critique"]?.string ?? "", principles: verdicts)
      guard verdict.keeps == overall else { return .unreadable("its `verdict` is not what its principles say") }
      return .read(verdict)
    }
  }

  /// Reads the answer to a question about a pair.
  public func readingOfPair(_ answer: String) -> JudgeReading<PairChoice> {
    read(answer, isSame: ==) { value in
      switch value["winner"]?.string?.lowercased() {
      case "a": .read(.first)
      case "b": .read(.second)
      case "tie": .read(.tie)
      default: .unreadable("its `winner` is neither `A` nor `B` nor `tie`")
      }
    }
  }

  /// Answers are read only so far, so that one that never ends costs no more than its price.
  private static let answerLimit = 262_144

  /// Reads the objects that carry the mark; two that say different things are as good as none.
  private func read<Verdict>(
    _ answer: String, isSame: (Verdict, Verdict) -> Bool, as verdict: (JSONValue) -> JudgeReading<Verdict>
  ) -> JudgeReading<Verdict> {
    let bytes = Array(answer.utf8.prefix(Self.answerLimit))
    guard bytes.contains(where: { $0 > 0x20 }) else { return .unreadable("it is empty") }
    let objects = Self.objects(in: bytes)
    let own = objects.filter { $0["case"]?.string == mark }
    guard let last = own.last else {
      return .unreadable(objects.isEmpty ? "it has no JSON object" : "no JSON object in it has the question's `case`")
    }
    let reading = verdict(last)
    for other in own.dropLast() {
      // A first draft that cannot be read is a draft.
      guard let first = verdict(other).verdict else { continue }
      guard let second = reading.verdict, isSame(first, second) else {
        return .unreadable("it has two JSON objects that disagree")
      }
    }
    return reading
  }

  private static func yes(_ value: JSONValue?) -> Bool? {
    if let value = value?.boolean { return value }
    switch value?.string?.lowercased() {
    case "yes": return true
    case "no": return false
    default: return nil
    }
  }

  /// Returns the outermost JSON objects amid other text, at most 64 tries.
  static func objects(in bytes: [UInt8]) -> [JSONValue] {
    var found: [JSONValue] = []
    var start = 0
    var tries = 0
    while tries < 64, let open = bytes[start...].firstIndex(of: 0x7b) {
      start = open + 1
      tries += 1
      guard let close = end(ofObjectAt: open, in: bytes) else { continue }
      let rules = JSONValue.Rules(allowsBreaks: true, requiresDistinctNames: true)
      if let value = try? JSONValue(reading: Array(bytes[open...close]), rules: rules) {
        found.append(value)
        start = close + 1
      }
    }
    return found
  }

  /// Returns where the brace that closes an object stands, braces in strings aside; nil where it is cut short.
  private static func end(ofObjectAt open: Int, in bytes: [UInt8]) -> Int? {
    var depth = 0
    var isString = false
    var index = open
    while index < bytes.count {
      switch bytes[index] {
      case 0x5c where isString: index += 1
      case 0x22: isString.toggle()
      case 0x7b where !isString: depth += 1
      case 0x7d where !isString:
        depth -= 1
        if depth == 0 { return index }
      default: break
      }
      index += 1
    }
    return nil
  }
}
