import PawlCore
import PawlCorpus
import PawlDocuments
import PawlJudging

/// Puts what two models wrote for the same prompts side by side, in both orders, so that nobody who judges knows which is which.
public enum PairStage {
  /// Reads `own.jsonl` and `other.jsonl`, lines of `{"text","prompt"}`; writes `pairs.jsonl`, lines of `{"id","prompt","first","second"}` in an
  /// order drawn by the seed, and `key.jsonl`, lines of `{"id","pair","own"}`, which no judge is shown.
  ///
  /// Throws `.result` where no prompt was answered by both.
  public static func run(_ folder: StageFolder) throws {
    let (own, other) = (try answers(folder.read("own.jsonl")), try answers(folder.read("other.jsonl")))
    let prompts = own.keys.filter { other[$0] != nil }.sorted()
    guard !prompts.isEmpty else {
      throw StagesError(
        .result, "no prompt was answered by both models",
        hints: ["the command of stage `generate` must answer each line of `prompts.jsonl`, with its `prompt`"])
    }
    var shown = prompts.enumerated().flatMap { pair, prompt in [(pair, prompt, true), (pair, prompt, false)] }
    var generator = SeededGenerator(seed: folder.seed)
    shown.shuffle(using: &generator)
    let pairs = try DocumentWriter(path: folder.written("pairs.jsonl"))
    let key = try DocumentWriter(path: folder.written("key.jsonl"))
    for (number, (pair, prompt, isOwnFirst)) in shown.enumerated() {
      let texts = [own[prompt] ?? "", other[prompt] ?? ""]
      let line = JSONValue.members(
        ("id", .string("p\(number + 1)")), ("prompt", .string(prompt)), ("first", .string(texts[isOwnFirst ? 0 : 1])),
        ("second", .string(texts[isOwnFirst ? 1 : 0])))
      try pairs.write(bytes: Array((line.text + "\n").utf8))
      let answer = JSONValue.members(
        ("id", .string("p\(number + 1)")), ("pair", .integer(pair)), ("own", .string(isOwnFirst ? "first" : "second")))
      try key.write(bytes: Array((answer.text + "\n").utf8))
    }
    try pairs.finish()
    try key.finish()
  }

  /// The first text for each prompt.
  private static func answers(_ path: String) throws -> [String: String] {
    var answers: [String: String] = [:]
    try StageLines.forEach(path) { (line, number) throws(DocumentsError) in
      guard let text = line["text"]?.string, let prompt = line["prompt"]?.string else {
        throw StageLines.malformed(path, number, "has no `text` or no `prompt`", #"write {"text":"…","prompt":"…"}"#)
      }
      if answers[prompt] == nil { answers[prompt] = text }
    }
    return answers
  }
}

/// Chooses between pairs by the classifier that was trained on the user's labels: the text that likelier keeps all principles.
public enum ChooseStage {
  /// Probabilities closer than this are a tie.
  static let tie = 0.02

  /// Reads `pairs.jsonl`, `labels.jsonl` and `constitution.md`; writes `choices.jsonl`, lines of `{"id","choice"}`: `first`, `second` or `tie`.
  public static func run(_ folder: StageFolder) throws {
    let judge = try ClassifyStage.judge(folder).judge
    try judge.check()
    var scorer = judge.scorer()
    let path = folder.read("pairs.jsonl")
    let choices = try DocumentWriter(path: folder.written("choices.jsonl"))
    try StageLines.forEach(path) { (line, number) throws(DocumentsError) in
      guard let id = line["id"]?.string, let first = line["first"]?.string, let second = line["second"]?.string else {
        throw StageLines.malformed(path, number, "is no pair", #"write {"id":"p1","first":"…","second":"…"}"#)
      }
      let ahead = scorer.judge(first).least.probability - scorer.judge(second).least.probability
      let choice: PairChoice = abs(ahead) < tie ? .tie : ahead > 0 ? .first : .second
      let answer = JSONValue.members(("id", .string(id)), ("choice", .string(choice.rawValue)))
      try choices.write(bytes: Array((answer.text + "\n").utf8))
    }
    try choices.finish()
  }
}

/// Counts the choices of whoever judged pairs.
public enum PreferenceStage {
  /// Reads `key.jsonl` and `choices.jsonl`, writes `preference.json` (`Preference`); a pair that was not judged in both orders does not count.
  ///
  /// Throws `.input` for a choice that is none, `.result` where no pair was judged.
  public static func run(_ folder: StageFolder) throws {
    var choices: [String: PairChoice] = [:]
    let path = folder.read("choices.jsonl")
    try StageLines.forEach(path) { (line, number) throws(DocumentsError) in
      guard let id = line["id"]?.string, let choice = line["choice"]?.string.flatMap(PairChoice.init) else {
        throw StageLines.malformed(
          path, number, "is no choice", #"write {"id":"p1","choice":"first"}, or "second", or "tie""#)
      }
      choices[id] = choice
    }
    var (forward, backward) = ([Int: PairChoice](), [Int: PairChoice]())
    try StageLines.forEach(folder.read("key.jsonl")) { (line, _) throws(DocumentsError) in
      guard let id = line["id"]?.string, let pair = line["pair"]?.integer, let choice = choices[id] else { return }
      if line["own"]?.string == "first" { forward[pair] = choice } else { backward[pair] = choice }
    }
    let judged = forward.keys.sorted().compactMap { pair in
      backward[pair].flatMap { second in
        forward[pair].map { PairJudgement(left: 1, right: 0, forward: $0, backward: second) }
      }
    }
    guard !judged.isEmpty, let strength = try BradleyTerry(judged).strength(of: 1) else {
      throw StagesError(
        .result, "no pair was judged in both orders", hints: ["the judge must answer every line of `pairs.jsonl`"])
    }
    let order = OrderEffect(judged)
    try StageReport.write(
      Preference(
        pairs: judged.count, share: strength.winShare, low: strength.winInterval().lowerBound,
        high: strength.winInterval().upperBound, isWorse: strength.isWorse(), swapped: order.swapped.count),
      to: folder.written("preference.json"))
  }
}
