import PawlCore
import PawlCorpus
import PawlDocuments

/// The texts of the block at hand, which the index of all texts does not have yet.
struct RecentTexts {
  private var index: NearIndex?
  private(set) var signatures: [UInt16] = []
  private(set) var keys: [UInt32] = []
  private(set) var places: [UInt32] = []

  init(threshold: Double?) throws(CorpusError) {
    if let threshold { index = try NearIndex(threshold: threshold) }
  }

  mutating func removeAll() {
    index?.removeAll()
    signatures.removeAll(keepingCapacity: true)
    keys.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  /// Returns how alike the most alike text is, and its place.
  func match(_ signature: ArraySlice<UInt16>, _ keys: ArraySlice<UInt32>) -> (Double, Int)? {
    index?.match(signature, keys: keys).map { ($0.likeness, Int(places[$0.number])) }
  }

  mutating func add(_ signature: ArraySlice<UInt16>, _ added: ArraySlice<UInt32>, place: Int) {
    index?.add(signature, keys: added)
    keys += added
    signatures += signature
    places.append(UInt32(truncatingIfNeeded: place))
  }
}

/// Whether a generation says the same again and again.
struct RepeatedText {
  private var first: TextDigest?
  private var count = 0
  private(set) var isOnlyText = true

  mutating func add(_ digest: TextDigest) {
    count += 1
    if first == nil { first = digest }
    if first != digest { isOnlyText = false }
  }

  func failure(_ documents: Int) -> StagesError? {
    guard count > 1 else { return nil }
    return StagesError(
      .result, "the \(count) documents with text, of \(documents), are one document repeated",
      hints: ["raise `temperature` under `making` in pawl.yaml", "the model may have collapsed: see `pawl lineage`"])
  }
}

/// What is remembered of a document that waits for the others.
struct FilterBallot: Sendable {
  var ballot: Answers.Ballot
  /// The field `size`, as a digest.
  var size: TextDigest?

  init(_ document: Document) {
    ballot = Answers.Ballot(document)
    size = document.fields["size"].map { TextDigest($0) }
  }

  /// Returns of each document why it is dropped; nil for what is kept.
  static func verdicts(
    on ballots: [FilterBallot], rule: FilterRule, answers: Answers
  ) throws(StagesError) -> [FilterReason?] {
    var verdicts = [FilterReason?](repeating: nil, count: ballots.count)
    if let share = rule.vote {
      var served: Set<TextDigest> = []
      for (index, ballot) in ballots.enumerated() {
        verdicts[index] = vote(ballot.ballot, share, answers, &served)
      }
    }
    guard let share = rule.length else { return verdicts }
    guard ballots.isEmpty || ballots.contains(where: { $0.size != nil }) else {
      throw StagesError(
        .input, "no document of `made.jsonl` has the field `size`",
        hints: ["`length` compares answers to prompts of one size: have the generator write it, or leave `length` out"])
    }
    var longest: [TextDigest: Int] = [:]
    for (index, ballot) in ballots.enumerated() where verdicts[index] == nil {
      if let size = ballot.size { longest[size] = max(longest[size] ?? 0, ballot.ballot.bytes) }
    }
    for (index, ballot) in ballots.enumerated() where verdicts[index] == nil {
      guard let size = ballot.size, let most = longest[size] else { continue }
      if Double(ballot.ballot.bytes) < share * Double(most) {
        verdicts[index] = FilterReason(
          .length, "its answer has \(ballot.ballot.bytes) bytes, the longest of its size \(most)")
      }
    }
    return verdicts
  }

  private static func vote(
    _ ballot: Answers.Ballot, _ share: Double, _ answers: Answers, _ served: inout Set<TextDigest>
  ) -> FilterReason? {
    guard let winner = answers.winner(of: ballot.prompt) else { return nil }
    let agreed = "\(winner.samples) of \(winner.of) samples agree"
    if Double(winner.samples) < share * Double(winner.of) { return FilterReason(.vote, "only \(agreed)") }
    if winner.answer != ballot.answer { return FilterReason(.vote, "\(agreed) on another answer") }
    return served.insert(ballot.prompt).inserted ? nil : FilterReason(.vote, "another sample with its answer is kept")
  }
}

/// How many documents each filter dropped.
struct FilterReport {
  let filters: [FilterName]
  var documents = 0
  private(set) var kept = 0
  private(set) var keptBytes = 0
  var dropped: [FilterName: Int] = [:]
  /// Documents by the held file that they have text of.
  var leaks: [String: Int] = [:]

  init(filters: [FilterName]) { self.filters = filters }

  mutating func keep(_ document: Document) {
    kept += 1
    keptBytes += document.text.utf8.count
  }

  /// Why nothing can be learnt; nil where something was kept.
  var failure: StagesError? {
    guard kept == 0 else { return nil }
    let counts = filters.compactMap { name in dropped[name].map { "\(name.rawValue) \($0)" } }.joined(separator: ", ")
    return StagesError(
      .result, "no document of \(documents) was kept: \(counts)",
      hints: ["`dropped.jsonl` says why, line by line", "loosen the filters in pawl.yaml that drop most"])
  }

  func write(to path: String) throws(DocumentsError) {
    let counts = filters.map { JSONValue.Member($0.rawValue, .integer(dropped[$0] ?? 0)) }
    let leaks = leaks.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .integer($0.value)) }
    let report = JSONValue.members(
      ("documents", .integer(documents)), ("kept", .integer(kept)), ("bytes", .integer(keptBytes)),
      ("dropped", .object(counts)), ("overlap", .object(leaks)))
    let writer = try DocumentWriter(path: path)
    try writer.write(bytes: Array((report.text + "\n").utf8))
    try writer.finish()
  }
}
