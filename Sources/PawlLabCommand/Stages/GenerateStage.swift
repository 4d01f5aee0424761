import PawlCore
import PawlLab
import PawlReferee
import PawlStages

/// `pawl-lab stage generate`: lets a model write the next generation's documents.
struct GenerateStage {
  private let task: GenerationTask
  /// Digits beyond the longest numbers that the model was trained on.
  private let grow: Int
  /// The most bytes of a document; nil for what the model's context holds.
  private let bytes: Int?

  private let values: [String: String]

  init(_ parsed: Arguments, _ values: [String: String]) throws(LabError) {
    self.values = values
    task = try GenerationTask(parsed)
    grow = try parsed.number("--grow", from: 0, to: 64) ?? 1
    bytes = try parsed.number("--bytes", from: 1, to: 1 << 20)
  }

  private struct Request {
    let prompt: LanguagePrompt
    let fields: [String: String]
  }

  func run() throws(LabError) {
    let files = try StageFiles(values)
    let model = LanguageModel(file: try files.model())
    let rule = files.rule?.making ?? MakingRule()
    let requests =
      task == .addition ? additions(model, rule, files) : try continuations(model, rule, files)
    let replies = model.replies(requests.map(\.prompt))
    try files.write(
      zip(requests, replies).compactMap { request, reply in
        // An empty document teaches nothing.
        guard !(request.prompt.bytes.isEmpty && reply.bytes.isEmpty) else { return nil }
        let prompt = String(decoding: request.prompt.bytes, as: UTF8.self)
        let fields = request.fields.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
        return .members(
          ("text", .string(String(decoding: request.prompt.bytes + reply.bytes, as: UTF8.self))),
          ("prompt", .string(prompt)), ("seed", .number(String(request.prompt.seed))), ("fields", .object(fields)))
      }, to: "made.jsonl")
  }

  /// Sums longer than any that the model was trained on, each asked as often as the recipe says.
  private func additions(_ model: LanguageModel, _ rule: MakingRule, _ files: StageFiles) -> [Request] {
    var generator = generator(files)
    let samples = max(1, rule.samples)
    var requests: [Request] = []
    for index in 0..<max(1, rule.documents / samples) {
      let size = model.shape.reach + (grow > 0 ? 1 + index % grow : 0)
      let prompt = Array(Addition(size: size, using: &generator).prompt.utf8)
      for _ in 0..<samples {
        requests.append(
          Request(
            prompt: LanguagePrompt(
              prompt, seed: seed(&generator), temperature: rule.temperature, limit: size + 2),
            fields: ["size": "\(size)"]))
      }
    }
    return requests
  }

  /// What `prompts.jsonl` asks for; without it, documents from their first byte on.
  private func continuations(
    _ model: LanguageModel, _ rule: MakingRule, _ files: StageFiles
  ) throws(LabError) -> [Request] {
    var generator = generator(files)
    let most = min(bytes ?? model.shape.context - 1, model.shape.context - 1)
    func request(_ prompt: [UInt8], _ seed: UInt64, _ fields: [String: String]) -> Request {
      let begun = Array(prompt.prefix(most))
      return Request(
        prompt: LanguagePrompt(begun, seed: seed, temperature: rule.temperature, limit: most - begun.count),
        fields: fields)
    }
    guard files.folder.has("prompts.jsonl") else {
      return (0..<max(1, rule.documents)).map { _ in request([], seed(&generator), [:]) }
    }
    let path = files.folder.read("prompts.jsonl")
    var requests: [Request] = []
    for (number, value) in try StageFiles.objects(path) {
      guard let prompt = value["prompt"]?.string else {
        throw LabError(
          .cannotRun, "line \(number) of `\(path)` has no `prompt`",
          hints: [#"a prompt is a line such as {"id":"p1","prompt":"In the","samples":1,"seed":7}"#])
      }
      var own = value["seed"]?.integer.map { Generator(seed: UInt64(bitPattern: Int64($0))) } ?? generator
      _ = generator.next()
      let samples = min(max(1, value["samples"]?.integer ?? rule.samples), 1 << 16)
      for _ in 0..<samples { requests.append(request(Array(prompt.utf8), seed(&own), fields(value))) }
    }
    return requests
  }

  private func fields(_ value: JSONValue) -> [String: String] {
    guard case .object(let members)? = value["fields"] else { return [:] }
    var fields: [String: String] = [:]
    for member in members { fields[member.name] = member.value.string }
    return fields
  }

  private func generator(_ files: StageFiles) -> Generator {
    Generator(seed: files.folder.seed &* 1_000_003 &+ UInt64(max(0, files.folder.generation)))
  }

  /// A seed that every reader of JSON holds exactly.
  private func seed(_ generator: inout Generator) -> UInt64 { generator.next() >> 11 }
}
