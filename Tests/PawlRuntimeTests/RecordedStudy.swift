import Foundation
import PawlCore
import PawlEngine
import PawlJournal
import PawlTestSupport
import Testing

/// What the journal of a study holds, read back when nobody runs it.
struct RecordedStudy {
  let events: [RecordedEvent]
  let snapshot: JournalSnapshot?

  init(_ repository: TemporaryRepository, study: String = "repo") throws {
    let journal = try Journal.open(in: "\(repository.root)/.pawl/\(study)")
    defer { journal.close() }
    var events: [RecordedEvent] = []
    try journal.replay(after: 0) { events.append($0) }
    self.events = events
    snapshot = try journal.latestSnapshot(version: StudyState.snapshotVersion)
  }

  /// The fold of all events up to a sequence.
  func state(through sequence: Int64 = .max) -> StudyState {
    var state = StudyState()
    for recorded in events where recorded.sequence <= sequence { state.apply(recorded.event, at: recorded.at) }
    return state
  }

  var requests: [AttemptRequest] {
    events.compactMap { if case .attemptRequested(let request) = $0.event { request } else { nil } }
  }
  var results: [AttemptResult] {
    events.compactMap { if case .attemptFinished(let result) = $0.event { result } else { nil } }
  }
  /// The trials that ended, one entry for each time that one did.
  var ended: [TrialID] {
    events.compactMap {
      switch $0.event {
      case .trialJudged(let trial, _, _), .trialCrashed(let trial, _), .proposalRefused(let trial, _),
        .proposalFailed(let trial, _):
        trial
      case .rebaseConflicted(let conflict): conflict.stays == true ? nil : conflict.trial
      default: nil
      }
    }
  }
  var certificates: [Certificate] {
    events.compactMap { if case .championCertified(let certificate) = $0.event { certificate } else { nil } }
  }
  var sessions: Int {
    events.count { if case .sessionStarted = $0.event { true } else { false } }
  }

  /// Expects what must hold of every journal, whatever happened while it was written.
  func expectNothingLostOrDoubled() throws {
    #expect(events.map(\.sequence) == events.indices.map { Int64($0) + 1 }, "sequences have no gap")
    #expect(Set(requests.map(\.id)).count == requests.count, "an attempt is asked for once")
    #expect(requests.map(\.id.rawValue) == requests.indices.map { $0 + 1 }, "attempts count from 1 without a gap")
    #expect(Set(results.map(\.id)).count == results.count, "a measurement counts once")
    #expect(Set(results.map(\.id)).isSubset(of: Set(requests.map(\.id))), "a result answers a request")
    #expect(Set(ended).count == ended.count, "a trial ends once")
    #expect(Set(certificates.map(\.number)).count == certificates.count, "a certificate is given once")
    if let snapshot {
      let live = try JSONDecoder().decode(StudyState.self, from: Data(snapshot.bytes))
      let folded = state(through: snapshot.sequence)
      let fromLive = try differences(live, folded)
      #expect(fromLive == [], "the live state is the fold of its events")
      var resumed = live
      for recorded in events where recorded.sequence > snapshot.sequence {
        resumed.apply(recorded.event, at: recorded.at)
      }
      let fromSnapshot = try differences(resumed, state())
      #expect(fromSnapshot == [], "a snapshot and its tail give the same state as all events")
    }
  }
}

/// Returns the stored properties in which two states differ, as JSON.
private func differences(_ left: StudyState, _ right: StudyState) throws -> [String] {
  guard left != right else { return [] }
  func fields(_ state: StudyState) throws -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try Dictionary(
      uniqueKeysWithValues: Mirror(reflecting: state).children.map { child in
        let value = try (child.value as? any Encodable).map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        return (child.label ?? "", value ?? "\(child.value)")
      })
  }
  let (one, other) = (try fields(left), try fields(right))
  let keys = Set(one.keys).union(other.keys).sorted()
  return keys.filter { one[$0] != other[$0] }.map { "\($0): \(one[$0] ?? "-") != \(other[$0] ?? "-")" } + ["unequal"]
}

/// Everything that the tables for queries say.
struct QueryTables: Equatable {
  let trials: [TrialSummary]
  let attempts: [[AttemptSummary]]
  let overview: StudyOverview
  let headPath: [HeadMove]
  let certificates: [Certificate]

  init(_ reader: JournalReader) throws {
    trials = try reader.trials(TrialFilter())
    attempts = try trials.map { try reader.attempts(of: $0.id) }
    overview = try reader.overview()
    headPath = try reader.headPath()
    certificates = try reader.certificates()
  }
}
