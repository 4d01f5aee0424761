#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlRefereeProtocol

/// One run of a compiled candidate: relays what it prints, holds the clock, questions the trained model.
package struct TrainingRun {
  package struct Result: Sendable {
    package var bitsPerByte = 0.0
    package var trainingSeconds = 0.0
    package var steps = 0
    package var tokens = 0
    package var operations = 0
    package var parameters = 0
    package var peakMemoryBytes = 0
  }

  let program: String
  let environment: [String]
  let referee: Referee
  let operations: Int
  let wallSeconds: Double
  /// Where the candidate's lines go, from its standard output and error.
  let targets: (output: Int32, errors: Int32)

  package init(
    program: String, environment: [String], referee: Referee, operations: Int, wallSeconds: Double,
    targets: (output: Int32, errors: Int32) = (1, 2)
  ) {
    self.targets = targets
    self.program = program
    self.environment = environment
    self.referee = referee
    self.operations = operations
    self.wallSeconds = wallSeconds
  }

  package func execute() throws(LabError) -> Result {
    let (requests, answers) = (try Pipe(), try Pipe())
    let (output, errors) = (try Pipe(), try Pipe())
    let nothing = open("/dev/null", O_RDONLY | O_CLOEXEC)
    let child = try ChildProcess(
      program, [], environment: environment,
      descriptors: [
        (nothing, 0), (output.writer, 1), (errors.writer, 2), (requests.reader, Channel.requests),
        (answers.writer, Channel.answers),
      ])
    for descriptor in [nothing, output.writer, errors.writer, requests.reader, answers.writer] { close(descriptor) }
    defer { for descriptor in [output.reader, errors.reader, answers.reader] { close(descriptor) } }
    var conversation = Conversation(referee: referee, operations: operations, requests: requests.writer)
    defer { conversation.end() }
    var hello = Hello(context: referee.context, windows: Referee.batch, seed: numberOf("PAWL_SEED"))
    hello.operations = UInt64(max(0, operations))
    hello.steps = numberOf("PAWL_LAB_STEPS")
    _ = writeAll(hello.frame.bytes, to: requests.writer)
    do throws(LabError) {
      try talk(&conversation, answers: answers.reader, output: output.reader, errors: errors.reader)
    } catch {
      child.stop()
      _ = child.wait()
      throw error
    }
    let ending = child.wait()
    guard ending.succeeded else { throw LabError(.trainingFailed, "the candidate's program \(ending.words)") }
    var result = try conversation.outcome()
    result.peakMemoryBytes = ending.peakMemoryBytes
    return result
  }

  private func numberOf(_ name: String) -> UInt64 {
    for line in environment where line.hasPrefix(name + "=") { return UInt64(line.dropFirst(name.count + 1)) ?? 0 }
    return 0
  }

  /// Listens to all three until each has ended.
  private func talk(
    _ conversation: inout Conversation, answers: Int32, output: Int32, errors: Int32
  ) throws(LabError) {
    let deadline = monotonicSeconds() + wallSeconds
    var open = [answers, output, errors]
    var lines = [output: LineRelay(target: targets.output), errors: LineRelay(target: targets.errors)]
    while !open.isEmpty {
      let left = deadline - monotonicSeconds()
      guard left > 0 else {
        throw LabError(
          .outOfTime, "the candidate had not ended after `\(fixed(wallSeconds, 0))` seconds",
          hints: ["make the model cheaper, or raise `wall_seconds` in `lab.conf`"])
      }
      var watched = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&watched, nfds_t(watched.count), Int32(min(left * 1000 + 1, 60_000))) > 0 else { continue }
      for entry in watched where entry.revents != 0 {
        let bytes = readSome(entry.fd) ?? []
        if bytes.isEmpty {
          lines[entry.fd]?.finish()
          open.removeAll { $0 == entry.fd }
        } else if entry.fd == answers {
          try conversation.receive(bytes)
        } else {
          lines[entry.fd]?.relay(bytes)
        }
      }
    }
  }
}

/// Passes on what a candidate prints, each line marked, so that none can be taken for the lab's own.
struct LineRelay {
  let target: Int32
  private var atLineStart = true

  init(target: Int32) { self.target = target }

  mutating func relay(_ bytes: [UInt8]) {
    var marked: [UInt8] = []
    marked.reserveCapacity(bytes.count + 64)
    for byte in bytes where byte != 0x0d {
      if atLineStart { marked += [0x7c, 0x20] }
      marked.append(byte)
      atLineStart = byte == 0x0a
    }
    _ = writeAll(marked, to: target)
  }

  mutating func finish() {
    if !atLineStart { _ = writeAll([0x0a], to: target) }
    atLineStart = true
  }
}

/// The frozen side of the talk with a candidate: what came, and what to ask next.
struct Conversation {
  private let referee: Referee
  private let operations: Int
  private let requests: Int32
  private var isOpen = true
  private var buffer: [UInt8] = []
  private var result = TrainingRun.Result()
  private let began = monotonicSeconds()
  private var questions: [[UInt8]] = []
  private var next = 0
  private var firstAnswer: [UInt8] = []
  private var bits = 0.0
  private var isDone = false

  init(referee: Referee, operations: Int, requests: Int32) {
    self.referee = referee
    self.operations = operations
    self.requests = requests
  }

  mutating func receive(_ bytes: [UInt8]) throws(LabError) {
    buffer += bytes
    do {
      while let frame = try Frame.take(from: &buffer) { try handle(frame) }
    } catch let error as ProtocolError {
      throw LabError(error)
    } catch let error as LabError {
      throw error
    } catch {
      throw LabError(.trainingFailed, "\(error)")
    }
  }

  private mutating func handle(_ frame: Frame) throws(LabError) {
    let numbers = frame.numbers.map { Int(truncatingIfNeeded: $0) }
    switch frame.kind {
    case .progress where questions.isEmpty && numbers.count == 4:
      let loss = Double(bitPattern: frame.numbers[1])
      say(
        "step \(numbers[0]) loss \(fixed(loss, 4)) tokens \(numbers[2]) seconds \(fixed(monotonicSeconds() - began, 1))"
      )
    case .trained where questions.isEmpty && numbers.count == 4:
      result.trainingSeconds = monotonicSeconds() - began
      (result.steps, result.tokens, result.operations, result.parameters) = (
        numbers[0], numbers[1], numbers[2], numbers[3]
      )
      // The last step may cost more than those before it, so a little over the budget is honest.
      if operations > 0 && numbers[0] > 1 && Double(numbers[2]) > 1.1 * Double(operations) {
        throw LabError(.trainingFailed, "training spent `\(numbers[2])` operations of a budget of `\(operations)`")
      }
      questions = referee.questions() + [referee.probe()]
      ask()
    case .predictions where next > 0 && !isDone:
      if next - 1 < questions.count - 1 {
        if next == 1 { firstAnswer = frame.payload }
        bits += try referee.bits(question: next - 1, answer: frame.payload)
        ask()
      } else {
        try referee.checkCausality(answer: firstAnswer, probeAnswer: frame.payload)
        isDone = true
        end()
      }
    default:
      throw LabError(.trainingFailed, "the candidate sent a message out of turn")
    }
  }

  private mutating func ask() {
    next += 1
    // A candidate that is gone shows by the end of its answers.
    _ = writeAll(Frame(.windows, questions[next - 1]).bytes, to: requests)
  }

  /// Closes the way to the candidate, which ends it.
  mutating func end() {
    if isOpen { close(requests) }
    isOpen = false
  }

  /// Returns the result; throws when the candidate left before the end.
  func outcome() throws(LabError) -> TrainingRun.Result {
    guard isDone else {
      throw LabError(
        .trainingFailed, "the candidate ended before it had handed in a model",
        hints: ["`train.swift` ends with `lab.finish(…)`"])
    }
    var result = result
    result.bitsPerByte = bits / Double(referee.windows * referee.context)
    return result
  }
}
