internal import PawlRefereeProtocol
internal import PawlSandbox

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Reads a candidate's messages, lets the conversation decide, sends what it wants sent.
final class Judge: Companion {
  private var conversation: Conversation
  private var reader: FrameReader
  private let link: Link
  private let cores: Int
  private let report: (Progress) -> Void
  private var lastCPU: Double?
  private var nextLook = 0.0
  private var began = monotonicSeconds()
  /// Why the run gives no measurement, once that is known.
  private(set) var failure: LabError?

  /// The longest messages besides answers have a few numbers.
  private static let smallMessage = 4096

  init(
    _ conversation: consuming Conversation, hello: Frame, largestAnswer: Int, report: @escaping (Progress) -> Void
  ) throws(LabError) {
    self.conversation = conversation
    self.report = report
    reader = FrameReader(largest: max(largestAnswer, Self.smallMessage))
    link = try Link()
    cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    link.send(hello)
  }

  var channel: (reading: Int32, writing: Int32) { link.channel }
  var descriptor: Int32 { link.descriptor }

  func commandHasBegun() {
    began = monotonicSeconds()
    link.handOver()
  }

  /// The result; throws when the candidate left before the end.
  func result() throws(LabError) -> TrainingRun.Result {
    guard conversation.isDone else {
      throw LabError(
        .trainingFailed, "the candidate ended before it had handed in a model and answered all questions",
        hints: ["a candidate sends `trained`, then answers until the referee closes its end"])
    }
    return conversation.result
  }

  func attend(isReady: Bool, spent: () -> Spent) -> Double? {
    do throws(LabError) {
      link.flush()
      if isReady && descriptor >= 0 {
        switch link.fill(&reader) {
        case .more: try takeMessages(spent)
        case .end, .failed: link.stopListening()
        }
      }
      // An answer comes in many pieces, and a reading of the clocks goes over all processes.
      let time = monotonicSeconds()
      if time >= nextLook {
        let now = reading(spent)
        try conversation.check(now)
        nextLook = time + conversation.secondsToNextLook(now, cores: cores)
      }
      return min(nextLook - time, link.unsent > 0 ? Link.retry : .infinity)
    } catch {
      failure = error
      link.stopListening()
      return nil
    }
  }

  private func reading(_ spent: () -> Spent) -> Conversation.Reading {
    let spent = spent()
    lastCPU = spent.cpuSeconds ?? lastCPU
    return Conversation.Reading(wallSeconds: spent.wallSeconds, cpuSeconds: lastCPU)
  }

  private func takeMessages(_ spent: () -> Spent) throws(LabError) {
    do throws(ProtocolError) {
      while let message = try reader.next() {
        do throws(LabError) {
          // Progress is for people, and may come by the thousand: it is worth no look at all processes.
          let now =
            message.kind == .progress
            ? Conversation.Reading(wallSeconds: monotonicSeconds() - began, cpuSeconds: lastCPU) : reading(spent)
          let (questions, progress) = try conversation.receive(message, now, unsent: link.unsent)
          if let progress { report(progress) }
          for question in questions { link.send(question) }
        } catch {
          failure = error
          break
        }
      }
    } catch { failure = LabError(.trainingFailed, error.message) }
    if let failure { throw failure }
    if conversation.isDone { link.stopAsking() }
  }
}
