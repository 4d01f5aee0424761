import Foundation
import PawlCore
import PawlCorpus
import PawlDocuments
import PawlJudging
import PawlModels

/// Made documents judged by a language model under written principles: first the judge is measured on a person's labels, then it judges.
///
/// A function of the answers so far, each of which is in the journal before it is read: a crash never pays for one twice.
struct ConstitutionJudging {
  /// Questions asked at the same time.
  static let parallel = 8

  let constitution: Constitution
  let labels: [Label]
  let documents: [Document]
  /// Dollars that judging may cost from the first of these answers on; nil without a bound.
  let cap: Double?
  /// What judging cost before these answers.
  let spentBefore: Double
  let seed: UInt64
  let name: String

  enum Standing {
    /// The numbers of the questions to ask next, from 1.
    case asks([Int])
    case judged(kept: [Document], dropped: [(id: String, why: String)], JudgeReport)
    /// The judge is not to be believed, or cannot be asked any more: why, and what to do.
    case refused(AgentFailure)
  }

  /// Good and bad labels in turn, then the documents.
  private var texts: [String] { labels.map(\.text) + documents.map(\.text) }

  init(
    constitution: Constitution, labels: [Label], documents: [Document], cap: Double?, spentBefore: Double = 0,
    seed: UInt64,
    name: String
  ) {
    self.constitution = constitution
    let (good, bad) = (labels.filter(\.label), labels.filter { !$0.label })
    self.labels = (0..<max(good.count, bad.count)).flatMap { index in
      [good, bad].compactMap { index < $0.count ? $0[index] : nil }
    }
    self.documents = documents
    self.cap = cap
    self.spentBefore = spentBefore
    self.seed = seed
    self.name = name
  }

  /// The question with that number; its mark is the same each time that it is asked.
  func question(_ number: Int) -> JudgeQuestion {
    var generator = SeededGenerator(seed: seed ^ (UInt64(number) &* 0x9E37_79B9_7F4A_7C15))
    return JudgeQuestion(about: texts[number - 1], under: constitution, using: &generator)
  }

  /// Says what follows from the answers.
  func standing(after replies: [AgentReply], price: Double) -> Standing {
    let answers = Dictionary(replies.map { ($0.number, $0) }) { first, _ in first }
    var ledger = JudgingLedger(cap: cap)
    var report = JudgeReport(judge: name, agreement: Agreement())
    var (read, answered) = (0, 0)
    var (kept, dropped) = ([Document](), [(id: String, why: String)]())
    for number in 1...(labels.count + documents.count) {
      if number == labels.count + 1 {
        report.unreadable = Share(answered - read, of: answered)
        do {
          try report.check()
        } catch {
          return .refused(AgentFailure(.lasting, reason: error.message, hint: error.hints.first))
        }
      }
      guard let reply = answers[number] else {
        return asks(from: number, answers, ledger, price)
      }
      let reservation = ledger.reserve(price)
      let verdict = verdict(of: reply, number)
      ledger.record(reply.judgeReply, isRead: verdict != nil, reservation: reservation)
      if !reply.isBroken { answered += 1 }
      if verdict != nil { read += 1 }
      if number <= labels.count {
        guard let verdict else { continue }
        let label = labels[number - 1]
        let says = label.principle.map { verdict.principles[$0] ?? verdict.keeps } ?? verdict.keeps
        report.agreement.add(label: label.label, verdict: says)
      } else {
        let document = documents[number - labels.count - 1]
        guard let verdict else {
          dropped.append((document.id, "the judge gave no verdict that can be read"))
          continue
        }
        if verdict.keeps {
          kept.append(document.passing("constitution"))
        } else {
          let broken = verdict.principles.filter { !$0.value }.map(\.key).sorted()
          dropped.append((document.id, "against principle \(broken.map(String.init).joined(separator: ", "))"))
        }
      }
    }
    return .judged(kept: kept, dropped: dropped, report)
  }

  private func asks(
    from number: Int, _ answers: [Int: AgentReply], _ ledger: JudgingLedger, _ price: Double
  ) -> Standing {
    // The measurement's questions end before the documents' begin: a judge that is refused is asked nothing more.
    let last = number <= labels.count ? labels.count : labels.count + documents.count
    let wanted = (number...last).lazy.filter { answers[$0] == nil }.prefix(Self.parallel)
    let numbers = Array(wanted)
    if let stop = ledger.stop(before: price) { return .refused(refusal(stop, answers)) }
    // What a question costs is known once one was asked: before, eight at a time could cost far more than they may.
    guard cap == nil || !answers.isEmpty else { return .asks([number]) }
    let affordable = numbers.prefix { ledger.stop(before: price, questions: $0 - number + 1) == nil }
    return .asks(affordable.isEmpty ? [number] : Array(affordable))
  }

  private func refusal(_ stop: JudgingLedger.Stop, _ answers: [Int: AgentReply]) -> AgentFailure {
    switch stop {
    case .cap(let spent, let cap):
      return AgentFailure(
        .lasting,
        reason:
          "`\(name)` cannot judge on: it may cost $\((cap + spentBefore).formatted(digits: 3)) over the study, and has cost $\((spent + spentBefore).formatted(digits: 3))",
        hint:
          "raise `generations.filters.constitution.spend` or `stop.spend` in pawl.yaml, or make fewer documents")
    case .leftAlone:
      let newest = answers.max { $0.key < $1.key }?.value.brokenReason.map { ": \($0)" } ?? ""
      // Its server may be back later.
      return AgentFailure(
        .transient, reason: "`\(name)` cannot judge on: \(stop.description)\(newest)",
        hint: "see that the server that `generations.filters.constitution.judge` names is there")
    case .unreadable:
      return AgentFailure(
        .lasting, reason: "`\(name)` cannot judge on: \(stop.description)",
        hint: "name another model under `generations.filters.constitution.judge`")
    }
  }

  private func verdict(of reply: AgentReply, _ number: Int) -> DocumentVerdict? {
    guard !reply.isBroken else { return nil }
    return question(number).reading(of: reply.text, under: constitution).verdict
  }
}

extension Document {
  fileprivate func passing(_ filter: String) -> Document {
    guard case .made(var making) = source else { return self }
    var document = self
    making.filters.append(filter)
    document.source = .made(making)
    return document
  }
}

extension AgentReply {
  fileprivate var brokenReason: String? {
    if case .broken(let reason) = end { return reason }
    return nil
  }
  fileprivate var judgeReply: JudgeReply {
    switch end {
    case .finished, .truncated: .answered(text, dollars: cost)
    case .refused(let reason): .failed(reason, dollars: cost)
    case .broken(let reason): .failed(reason, dollars: cost)
    }
  }
}
