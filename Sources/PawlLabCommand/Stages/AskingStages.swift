import PawlCore
import PawlLab
import PawlReferee
import PawlStages

/// `pawl-lab stage diagnose`: the loss of each document of `probe.jsonl`.
struct DiagnoseStage {
  let values: [String: String]

  func run() throws(LabError) {
    let files = try StageFiles(values)
    let probes = try documents(files.folder.read("probe.jsonl"))
    let model = LanguageModel(file: try files.model())
    let scores = model.scores(probes.map { Array($0.text.utf8) }, answerAfter: model.shape.answerAfter)
    try files.write(
      zip(probes, scores).map { probe, score in
        let bytes = Double(max(1, score.bytes))
        return .members(
          ("id", .string(probe.id)), ("loss", .real(score.nats / bytes)), ("bytes", .integer(score.bytes)),
          ("confidence", .real(score.confidence / bytes)), ("accuracy", .real(Double(score.hits) / bytes)))
      }, to: "losses.jsonl")
  }
}

/// `pawl-lab stage judge`: whether the model still answers each canary.
///
/// One with `against`, other endings of the same prompt, is kept when the model finds its answer likelier than each of them; any other
/// when the model's likeliest answer is just the right one.
struct JudgeStage {
  let values: [String: String]

  private struct Canary {
    let id: String
    let prompt: String
    let answer: String
    let against: [String]
  }

  func run() throws(LabError) {
    let files = try StageFiles(values)
    let path = files.folder.read("canaries.jsonl")
    var canaries: [Canary] = []
    for (number, value) in try StageFiles.objects(path) {
      guard let id = value["id"]?.string, let prompt = value["prompt"]?.string, let answer = value["answer"]?.string
      else {
        throw LabError(
          .cannotRun, "line \(number) of `\(path)` is no canary",
          hints: [#"a canary is a line such as {"id":"c1","prompt":"210+430=","answer":"6400"}"#])
      }
      canaries.append(
        Canary(
          id: id, prompt: prompt, answer: answer, against: value["against"]?.array?.compactMap(\.string) ?? []))
    }
    let model = LanguageModel(file: try files.model())
    var kept = [Bool](repeating: false, count: canaries.count)
    let asked = canaries.indices.filter { canaries[$0].against.isEmpty }
    let replies = model.replies(
      asked.map { index in
        LanguagePrompt(
          Array(canaries[index].prompt.utf8), seed: 0, temperature: 0, limit: canaries[index].answer.utf8.count + 1)
      })
    for (index, reply) in zip(asked, replies) {
      kept[index] = reply.isWhole && reply.bytes.elementsEqual(canaries[index].answer.utf8)
    }
    let compared = canaries.indices.filter { !canaries[$0].against.isEmpty }
    let endings = compared.map { [canaries[$0].answer] + canaries[$0].against }
    let texts = zip(compared, endings).flatMap { index, endings in
      endings.map { Array((canaries[index].prompt + $0).utf8) }
    }
    var scores = model.scores(texts, answerAfter: nil)[...]
    for (index, endings) in zip(compared, endings) {
      let own = scores.removeFirst()
      let others = scores.prefix(endings.count - 1)
      scores = scores.dropFirst(endings.count - 1)
      kept[index] = others.allSatisfy { $0.nats > own.nats }
    }
    try files.write(
      zip(canaries, kept).map { .members(("id", .string($0.id)), ("ok", .boolean($1))) }, to: "canaries-kept.jsonl")
  }
}

/// `pawl-lab stage evaluate`: scores the model that training has left on held-out documents.
struct EvaluateStage {
  private let task: GenerationTask
  private let model: String
  private let data: String

  init(_ parsed: Arguments, _ values: [String: String]) throws(LabError) {
    task = try GenerationTask(parsed)
    model = parsed.text("--model") ?? "model.safetensors"
    let split = values["PAWL_SPLIT"] ?? "search"
    guard parsed.text("--data") != nil || ["search", "sealed"].contains(split) else {
      throw LabError(.usage, "`PAWL_SPLIT`: `\(split)` is neither `search` nor `sealed`")
    }
    data = parsed.text("--data") ?? "data/\(split).jsonl"
  }

  func run() throws(LabError) {
    guard fileExists(model) else {
      throw LabError(.cannotRun, "there is no `\(model)`", hints: ["`pawl-lab stage train` leaves it"])
    }
    let held = try documents(data)
    guard !held.isEmpty else {
      throw LabError(.cannotRun, "`\(data)` has no documents", hints: ["it is what the model is judged by"])
    }
    let model = LanguageModel(file: model)
    switch task {
    case .text:
      let scores = model.scores(held.map { Array($0.text.utf8) }, answerAfter: nil)
      let (nats, bytes) = scores.reduce((0.0, 0)) { ($0.0 + $1.nats, $0.1 + $1.bytes) }
      say("bits_per_byte: \(fixed(nats / 0.693_147_180_559_945_3 / Double(max(1, bytes)), 6))")
    case .addition: try evaluateAddition(model, held)
    }
  }

  private func evaluateAddition(_ model: LanguageModel, _ held: [Document]) throws(LabError) {
    var sums: [Addition] = []
    for document in held {
      guard let sum = Addition(document.text) else {
        throw LabError(
          .cannotRun, "document `\(document.id)` of `\(data)` is no right sum",
          hints: ["a sum is written as `210+430=6400`, least digits first"])
      }
      sums.append(sum)
    }
    let replies = model.replies(
      sums.map { LanguagePrompt(Array($0.prompt.utf8), seed: 0, temperature: 0, limit: $0.size + 2) })
    var counts: [Int: (right: Int, all: Int)] = [:]
    for (sum, reply) in zip(sums, replies) {
      let isRight = reply.isWhole && reply.bytes.elementsEqual(sum.answer.utf8)
      let count = counts[sum.size] ?? (0, 0)
      counts[sum.size] = (count.right + (isRight ? 1 : 0), count.all + 1)
    }
    for (size, count) in counts.sorted(by: { $0.key < $1.key }) {
      say("exact_\(size): \(fixed(Double(count.right) / Double(count.all), 4))")
    }
    say("exact: \(fixed(Double(counts.values.reduce(0) { $0 + $1.right }) / Double(sums.count), 6))")
  }
}
