import Foundation
import PawlCore
import Testing

@Suite struct GenerationsTests {
  // MARK: stored values

  @Test(arguments: [0, 1, 3, 4, 5, 8, 1_000])
  func `answers to canaries are read back one by one, whatever their number`(count: Int) throws {
    var draw = SeededGenerator(seed: UInt64(count) + 1)
    let right = (0..<count).map { _ in draw.next() % 3 != 0 }
    let answers = CanaryAnswers(right)
    #expect(answers.asked == count && answers.right == right && answers.rightCount == right.count { $0 })
    let stored = try JSONEncoder().encode(answers)
    let again = try JSONDecoder().decode(CanaryAnswers.self, from: stored)
    #expect(again == answers && again.right == right)
    #expect(stored.count < 40 + count / 4 + 1, "four answers are one digit")
    #expect(CanaryAnswers([Bool](repeating: true, count: count)).right == [Bool](repeating: true, count: count))
  }

  @Test(arguments: [
    (8, "zz", 0), (8, "f", 4), (-3, "ff", 0), (2, "ffff", 2), (Int.max, "80", 1), (Int.min, "", 0), (4, "💥", 0),
  ])
  func `digits that are none count as nothing, and nothing traps`(asked: Int, bits: String, right: Int) throws {
    let text = #"{"asked":\#(asked),"bits":"\#(bits)"}"#
    let answers = try JSONDecoder().decode(CanaryAnswers.self, from: Data(text.utf8))
    #expect(answers.rightCount == right)
    let whole = CanaryAnswers([Bool](repeating: true, count: 8))
    #expect(answers.kept(of: whole) == right && whole.kept(of: answers, and: answers) == right)
  }

  @Test func `what is kept is what both got right, and of two others what both of these did`() {
    let (first, second, third) = (
      CanaryAnswers([true, true, true, false, false]), CanaryAnswers([true, true, false, true, false]),
      CanaryAnswers([true, false, true, true, true])
    )
    #expect(second.kept(of: first) == 2 && first.kept(of: second) == 2)
    #expect(third.kept(of: second, and: first) == 1)
  }

  @Test func `a recipe of nothing is the baseline's, and one is read back as it was written`() throws {
    func read(_ text: String) throws -> GenerationPlan {
      try JSONDecoder().decode(GenerationPlan.self, from: Data(text.utf8))
    }
    #expect(try read("{}") == GenerationPlan(generation: 0))
    #expect(try read(#"{"generation":2,"control":true,"unheard":1}"#) == GenerationPlan(generation: 2, isControl: true))
    let whole = GenerationPlan(
      generation: 7, snapshot: "ab", model: "cd", weights: GenerationWeights(made: 0.3, aim: 0.5, temperature: 0.9))
    #expect(try JSONDecoder().decode(GenerationPlan.self, from: JSONEncoder().encode(whole)) == whole)
    for wrong in ["[]", #"{"generation":"2"}"#, #"{"control":1}"#, #"{"weights":{}}"#] {
      #expect(throws: (any Error).self, "\(wrong)") { try read(wrong) }
    }
  }

  @Test func `events of generations are read back as they were stored, and old attempts keep no model`() throws {
    let file = StoredFile(name: "made.jsonl", digest: "ab", bytes: 3)
    for event in [
      Event.stageFinished(
        StageResult(
          trial: TrialID(rawValue: 3), stage: "generate", files: [file],
          usage: Usage(wallSeconds: 1, cpuSeconds: 1, peakMemory: Bytes(1), output: Bytes(1)))),
      .generationMade(
        GenerationRecord(
          trial: TrialID(rawValue: 3), parent: .baseline, plan: GenerationPlan(generation: 1), dropped: ["near": 2],
          pool: file, alarms: ["PSI"])),
      .dataTaken(GenerationData(real: file, probe: file, held: [file], canaryCount: 7)),
    ] {
      #expect(try JSONDecoder().decode(Event.self, from: JSONEncoder().encode(event)) == event)
      #expect(GenerationsState.kinds.contains(event.kind))
    }
    let old = #"{"id":1,"trial":0,"commit":"c","seed":7,"purpose":{"search":{}}}"#
    #expect(try !JSONDecoder().decode(AttemptRequest.self, from: Data(old.utf8)).keepsModel)
  }

  // MARK: the fold

  /// A study in events: of each trial which of twenty canaries its model gets right.
  private struct Story {
    var state = GenerationsState()
    var attempt = 0

    mutating func train(
      _ trial: Int, right: Range<Int>?, keepsModel: Bool = true, disturbance: Disturbance? = nil, digest: String? = nil
    ) {
      attempt += 1
      let (id, trial) = (AttemptID(rawValue: attempt), TrialID(rawValue: trial))
      state.apply(
        .attemptRequested(
          AttemptRequest(
            id: id, trial: trial, commit: CommitHash(rawValue: "c"), seed: 1, purpose: .search, keepsModel: keepsModel))
      )
      var result = AttemptResult(
        id: id, outcome: .exited(code: 0), measurement: 1, remark: nil,
        usage: Usage(wallSeconds: 1, cpuSeconds: 1, peakMemory: Bytes(1), output: Bytes(1)), reportedMemory: nil,
        sandbox: .full, referee: .report, logTail: nil, disturbance: disturbance)
      result.model = StoredFile(name: "model", digest: digest ?? "model-\(trial)", bytes: 9)
      result.canaries = right.map { right in CanaryAnswers((0..<20).map(right.contains)) }
      state.apply(.attemptFinished(result))
    }

    mutating func propose(_ trial: Int, onto parent: Int, isControl: Bool = false, cost: Double = 0) {
      let (trial, parent) = (TrialID(rawValue: trial), TrialID(rawValue: parent))
      state.apply(
        .proposalRequested(
          ProposalRequest(
            trial: trial, agent: "generations", parent: parent, parentCommit: CommitHash(rawValue: "c"), seed: 1)))
      for digest in ["a", "b"] {
        state.apply(
          .stageFinished(
            StageResult(
              trial: trial, stage: "generate", files: [StoredFile(name: "made.jsonl", digest: digest, bytes: 1)],
              usage: Usage(wallSeconds: 1, cpuSeconds: 1, peakMemory: Bytes(1), output: Bytes(1)))))
      }
      if cost > 0 {
        state.apply(
          .replyReceived(AgentReply(trial: trial, number: 1, agent: "generations", text: "ok", cost: cost)))
      }
      state.apply(
        .generationMade(
          GenerationRecord(
            trial: trial, parent: parent,
            plan: GenerationPlan(generation: (state.records[parent]?.plan.generation ?? 0) + 1, isControl: isControl))))
    }

    mutating func judge(_ trial: Int, _ verdict: Verdict, before: Int = 0) {
      let evidence = Evidence(
        effect: 1, deviation: 1, gain: 1, loss: 0, mean: 1, measurements: 1, sigma: 1, head: TrialID(rawValue: before))
      state.apply(.trialJudged(TrialID(rawValue: trial), verdict, evidence))
      if verdict == .kept { state.apply(.headMoved(to: TrialID(rawValue: trial), from: TrialID(rawValue: before))) }
    }
  }

  @Test func `each step of the head stands in the ledger, against the one before and against the baseline`() {
    var story = Story()
    story.train(0, right: 0..<16)
    for (trial, right) in [(1, 1..<20), (2, 3..<20)] {
      story.propose(trial, onto: trial - 1)
      story.train(trial, right: right)
      story.judge(trial, .kept, before: trial - 1)
    }
    // The second step is asked of the canaries of the baseline's that the first one had kept.
    #expect(
      story.state.ledger == [
        FidelityStep(
          trial: TrialID(rawValue: 1), generation: 1, before: 16, kept: 15, ofBaseline: 16, keptOfBaseline: 15),
        FidelityStep(
          trial: TrialID(rawValue: 2), generation: 2, before: 15, kept: 13, ofBaseline: 16, keptOfBaseline: 13),
      ])
    #expect(story.state.head == TrialID(rawValue: 2))
    #expect(story.state.breach(of: 13.0 / 16) == nil, "at the floor is not below it")
    #expect(story.state.breach(of: 0.9)?.trial == TrialID(rawValue: 2))
    story.state.apply(.resumed(by: "ada"))
    #expect(story.state.breach(of: 0.9) == nil && story.state.released == TrialID(rawValue: 2))
    story.propose(3, onto: 2)
    story.train(3, right: 4..<20)
    story.judge(3, .kept, before: 2)
    #expect(story.state.breach(of: 0.9)?.trial == TrialID(rawValue: 3), "what comes later is looked at again")
  }

  @Test func `a baseline that can do nothing, or a model without answers, makes no step below the floor`() {
    var story = Story()
    story.train(0, right: 0..<0)
    story.propose(1, onto: 0)
    story.train(1, right: 0..<20)
    story.judge(1, .kept)
    #expect(story.state.ledger.map(\.share) == [nil] && story.state.breach(of: 1) == nil)
    story.propose(2, onto: 1)
    story.train(2, right: nil)
    story.judge(2, .kept, before: 1)
    #expect(story.state.ledger.count == 1 && story.state.breach(of: 1) == nil)
  }

  @Test func `of a discarded trial nothing is kept but what its judging cost, of a head everything`() {
    var story = Story()
    story.train(0, right: 0..<16)
    story.propose(1, onto: 0, cost: 0.25)
    story.train(1, right: 0..<16)
    story.judge(1, .discarded)
    let first = TrialID(rawValue: 1)
    #expect(story.state.records[first] == nil && story.state.models[first] == nil)
    #expect(story.state.canaries[first] == nil && story.state.stages.isEmpty)
    #expect(story.state.judgingSpend == 0.25)
    story.propose(2, onto: 0, cost: 0.5)
    story.train(2, right: 0..<16)
    story.judge(2, .kept)
    story.state.apply(.proposalRefused(TrialID(rawValue: 2), reason: "of no consequence for a head"))
    let second = TrialID(rawValue: 2)
    #expect(story.state.records[second] != nil && story.state.models[second] != nil)
    #expect(story.state.judgingSpend == 0.75 && story.state.asked == [.baseline: 2])
    for end in [
      Event.proposalRefused(TrialID(rawValue: 3), reason: ""), .proposalFailed(TrialID(rawValue: 3), reason: ""),
      .trialCrashed(TrialID(rawValue: 3), .outOfMemory),
      .agentFailed(TrialID(rawValue: 3), AgentFailure(.transient, reason: "")),
    ] {
      story.propose(3, onto: 2)
      story.state.apply(end)
      #expect(story.state.records[TrialID(rawValue: 3)] == nil && story.state.stages.isEmpty, "\(end.kind)")
    }
  }

  @Test func `money for judging counts when its proposal is over, once`() {
    var story = Story()
    let trial = TrialID(rawValue: 1)
    for number in 1...2 {
      story.state.apply(
        .replyReceived(AgentReply(trial: trial, number: number, agent: "generations", text: "ok", cost: 0.25)))
    }
    #expect(story.state.judgingSpend == 0)
    story.state.apply(.proposalRefused(trial, reason: "no"))
    story.state.apply(.proposalRefused(trial, reason: "no"))
    #expect(story.state.judgingSpend == 0.5)
  }

  @Test func `a stage counts once, and the control of a head is made once`() {
    var story = Story()
    let trial = TrialID(rawValue: 1)
    for digest in ["a", "b"] {
      story.state.apply(
        .stageFinished(
          StageResult(
            trial: trial, stage: "generate", files: [StoredFile(name: "made.jsonl", digest: digest, bytes: 1)],
            usage: Usage(wallSeconds: 1, cpuSeconds: 1, peakMemory: Bytes(1), output: Bytes(1)))))
    }
    #expect(story.state.stages[trial]?.map { $0.file("made.jsonl")?.digest } == ["a"])
    #expect(story.state.stages[trial]?.first?.file("other") == nil)
    story.propose(1, onto: 0, isControl: true)
    #expect(story.state.controlled == [.baseline] && story.state.stages.isEmpty)
  }

  @Test func `the first model that counts stays, and a disturbed attempt's is none`() {
    var story = Story()
    story.train(0, right: 0..<1, disturbance: .repeated, digest: "disturbed")
    #expect(story.state.models.isEmpty && story.state.canaries.isEmpty)
    story.train(0, right: 0..<2, keepsModel: false, digest: "unwanted")
    #expect(story.state.models.isEmpty)
    story.train(0, right: 0..<3, disturbance: .counted, digest: "first")
    story.train(0, right: 0..<4, digest: "second")
    #expect(story.state.models[.baseline]?.digest == "first" && story.state.canaries[.baseline]?.rightCount == 3)
  }

  @Test func `its state is read back as it was stored`() throws {
    var story = Story()
    story.train(0, right: 0..<16)
    story.propose(1, onto: 0, cost: 0.25)
    story.train(1, right: 1..<16)
    story.judge(1, .kept)
    story.state.apply(.resumed(by: "ada"))
    #expect(
      try JSONDecoder().decode(GenerationsState.self, from: JSONEncoder().encode(story.state)) == story.state)
  }
}
