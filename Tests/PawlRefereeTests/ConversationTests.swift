import PawlRefereeProtocol
import Testing

@testable import PawlReferee

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What may come when, and what is asked for, without a candidate.
@Suite struct ConversationTests {
  private let examination: Examination

  init() throws {
    var generator = FixedBits(state: 3)
    examination = try Examination(text: CandidatePlace.text, context: 16, windows: 100, generator: &generator)
  }

  /// Sends one message through a pipe, and returns how many windows each new question has.
  private func give(
    _ frame: Frame, _ conversation: inout Conversation, at seconds: Double = 1, unsent: Int = 0
  ) throws -> [Int] {
    let pipe = try Pipe()
    defer { for end in [pipe.reader, pipe.writer] { close(end) } }
    try #require(writeAll(frame.bytes, to: pipe.writer))
    var reader = FrameReader(largest: examination.largestAnswer)
    while true {
      try #require(reader.fill(from: pipe.reader) == .more)
      guard let message = try reader.next() else { continue }
      let now = Conversation.Reading(wallSeconds: seconds, cpuSeconds: seconds)
      return try conversation.receive(message, now, unsent: unsent).questions.map { $0.payload.count / 16 }
    }
  }

  private let trained = Frame(.trained, numbers: [1, 1, 1, 1])

  private func blind(_ windows: Int) -> Frame {
    let logarithms = [Float](repeating: -logf(256), count: windows * 16 * 256)
    return Frame(.predictions, logarithms.withUnsafeBytes { Array($0) })
  }

  @Test func `the first question comes alone and is small, then two are under way until all are answered`() throws {
    var conversation = Conversation(examination, budget: TrainingBudget(hardSeconds: 60))
    var open = try give(trained, &conversation)
    #expect(open.count == 1 && open[0] <= 4)
    // It holds windows that are asked for again at the end.
    #expect(examination.items(of: 0).contains { examination.repeats.contains(examination.items[$0].window) })
    var (asked, answered) = (open.count, 0)
    while !open.isEmpty {
      let questions = try give(blind(open.removeFirst()), &conversation, at: 1.5)
      answered += 1
      asked += questions.count
      open += questions
      #expect(open.count == min(2, examination.questions - answered))
    }
    #expect(conversation.isDone && asked == examination.questions && conversation.result.answeringSeconds == 0.5)
    #expect(abs(conversation.result.bitsPerByte - 8) < 1e-5)
  }

  @Test func `an answer to a question that has not gone out is out of turn`() throws {
    var conversation = Conversation(examination, budget: TrainingBudget(hardSeconds: 60))
    let first = try give(trained, &conversation)
    let next = try give(blind(first[0]), &conversation)
    _ = try give(blind(next[0]), &conversation, unsent: 1)
    let error = #expect(throws: LabError.self) { try give(blind(next[1]), &conversation, unsent: 2) }
    #expect(error?.message.contains("out of turn") == true)
  }
}
