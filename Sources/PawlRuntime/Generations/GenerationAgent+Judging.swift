import Foundation
import PawlCore
import PawlCorpus
import PawlDocuments
import PawlJudging
import PawlModels
import PawlSandbox
import Synchronization

/// The stage that a language model does: judging made documents by the constitution. It runs outside of the sandbox, as it needs the
/// network and a key, and what it handles is text alone.
extension GenerationAgent {
  /// Returns the answers to a few more questions, or the finished stage; nothing where it was cancelled.
  func judge(
    _ work: GenerationWork, _ rule: ConstitutionRule, _ client: ModelClient, _ replies: [AgentReply], spendLeft: Double?
  ) throws -> [Event] {
    guard let kept = work.kept, let principles = access.data.constitution, let labels = access.data.labels else {
      throw RuntimeError(.system, "the study keeps no constitution", hints: ["run `pawl doctor`"])
    }
    let spent = replies.reduce(0) { $0 + $1.cost }
    // Differences of sums of prices: what is left of them by rounding buys nothing.
    let bounds = [rule.spend.map { $0 - work.known.judgingSpend }, spendLeft.map { $0 + spent }].compactMap(\.self)
      .map { $0 < 1e-9 ? 0 : $0 }
    let judging = ConstitutionJudging(
      constitution: try Constitution(markdown: String(decoding: try contents(principles), as: UTF8.self)),
      labels: try Label.all(contents(labels), name: rule.labels),
      documents: try documents(kept), cap: bounds.min(), spentBefore: work.known.judgingSpend, seed: work.request.seed,
      name: client.rule.model)
    switch judging.standing(after: replies, price: price(judging.question(1), client)) {
    case .refused(let failure): return [.agentFailed(work.request.trial, failure)]
    case .asks(let numbers):
      return ask(numbers, of: judging, client, work.request)
    case .judged(let kept, let dropped, let report):
      guard !kept.isEmpty else {
        throw RuntimeError(
          .usage, "the judge keeps none of \(dropped.count) documents",
          hints: ["look at constitution.md and the labels"])
      }
      return [try finished(work, kept, dropped, report)]
    }
  }

  /// About what a question costs, in US dollars, before any was asked: a token is four bytes of text, and an answer is short.
  private func price(_ question: JudgeQuestion, _ client: ModelClient) -> Double {
    let bytes = question.system.utf8.count + question.text.utf8.count
    return client.rule.price?.cost(of: TokenUsage(input: bytes / 4, output: 64)) ?? 0
  }

  private func ask(
    _ numbers: [Int], of judging: ConstitutionJudging, _ client: ModelClient, _ request: ProposalRequest
  ) -> [Event] {
    let answers = Mutex<[AgentReply]>([])
    DispatchQueue.concurrentPerform(iterations: numbers.count) { place in
      let number = numbers[place]
      let question = judging.question(number)
      let wanted = ModelRequest(
        system: [.init(question.system, endsCachedPrefix: true)], messages: [.init(.user, [.init(question.text)])],
        tools: [], forcesTool: false, maximumTokens: min(2_048, client.rule.maximumTokens))
      let agent = AgentRule.generations.name
      do throws(ModelError) {
        let reply = try client.complete(wanted, seed: request.seed &+ UInt64(number)) { cancellation.isCancelled }
        answers.withLock { $0.append(reply.agentReply(trial: request.trial, number: number, agent: agent)) }
      } catch {
        guard error.code != .cancelled else { return }
        answers.withLock {
          $0.append(
            AgentReply(
              trial: request.trial, number: number, agent: agent, text: "", end: .broken(reason: error.message)))
        }
      }
    }
    return answers.withLock { $0 }.sorted { $0.number < $1.number }.map { .replyReceived($0) }
  }

  private func finished(
    _ work: GenerationWork, _ kept: [Document], _ dropped: [(id: String, why: String)], _ report: JudgeReport
  ) throws -> Event {
    let folder = "\(access.store.folder)/.judged-\(work.request.trial)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let writer = try DocumentWriter(path: "\(folder)/constitution-kept.jsonl")
    for document in kept { try writer.write(document) }
    try writer.finish()
    let lines = try DocumentWriter(path: "\(folder)/constitution-dropped.jsonl")
    for (id, why) in dropped {
      let line = JSONValue.members(("id", .string(id)), ("filter", .string("constitution")), ("why", .string(why)))
      try lines.write(bytes: Array((line.text + "\n").utf8))
    }
    try lines.finish()
    try JSONEncoder().encode(report).write(to: URL(fileURLWithPath: "\(folder)/constitution.json"))
    let names = ["constitution-kept.jsonl", "constitution-dropped.jsonl", "constitution.json"]
    return .stageFinished(
      StageResult(
        trial: work.request.trial, stage: "constitution",
        files: try names.map { try access.store.file("\(folder)/\($0)", as: $0) }, usage: .nothing))
  }

  private func contents(_ file: StoredFile) throws -> Data {
    let path = try access.path(of: file.digest)
    return FileManager.default.contents(atPath: path) ?? Data()
  }

  private func documents(_ file: StoredFile) throws -> [Document] {
    var documents: [Document] = []
    let blocks = try LineBlocks(path: access.path(of: file.digest))
    while let block = try blocks.next() {
      try block.forEachLine { range, number in
        guard !range.isEmpty else { return }
        documents.append(try Document(lineBytes: Array(block.bytes[range]), file: file.name, number: number))
      }
    }
    return documents
  }
}

extension Label {
  /// Returns the labels of a file, JSON Lines.
  static func all(_ bytes: Data, name: String) throws -> [Label] {
    try bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated().compactMap { index, line in
      guard !line.isEmpty else { return nil }
      do {
        return try Label(line: String(decoding: line, as: UTF8.self))
      } catch let error as JudgingError {
        throw RuntimeError(.usage, "line \(index + 1) of `\(name)`: \(error.message)", hints: error.hints)
      }
    }
  }
}
