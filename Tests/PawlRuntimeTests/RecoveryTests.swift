import PawlCore
import PawlEngine
import PawlJournal
import PawlTestSupport
import Testing

@Suite struct RecoveryTests {
  /// What a reader of the journal alone would say is open after some of its events.
  private struct OpenWork {
    var attempts: [AttemptID: AttemptRequest] = [:]
    var proposing: [TrialID: ProposalRequest] = [:]
    var creating: [TrialID: Proposal] = [:]
    var rebasing: [TrialID: RebaseRequest] = [:]
    var branch: [Int] = []

    mutating func take(_ event: Event) {
      switch event {
      case .attemptRequested(let request): attempts[request.id] = request
      case .attemptFinished(let result): attempts[result.id] = nil
      case .proposalRequested(let request): proposing[request.trial] = request
      case .proposalReceived(let trial, let proposal):
        proposing[trial] = nil
        creating[trial] = proposal
      case .proposalFailed(let trial, _), .proposalRefused(let trial, _):
        proposing[trial] = nil
        creating[trial] = nil
        rebasing[trial] = nil
      case .candidateCreated(let trial, _, _): creating[trial] = nil
      case .rebaseRequested(let request): rebasing[request.trial] = request
      case .candidateRebased(let candidate): rebasing[candidate.trial] = nil
      case .rebaseConflicted(let conflict): rebasing[conflict.trial] = nil
      case .championCertified(let certificate): branch.append(certificate.number)
      case .branchAdvanced(let number, _): branch.removeAll { $0 == number }
      default: break
      }
    }
  }

  @Test(arguments: 1...Event.formatVersion)
  func `the journal of every version of events folds, and has a referee only where one was stored`(format: Int) throws {
    let place = try TemporaryRepository([:])
    let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let stored = "/\(tests)/PawlJournalTests/Journals/v\(format).sqlite"
    place.shell("mkdir -p .pawl/repo && cp '\(stored)' .pawl/repo/journal.sqlite")
    let state = try RecordedStudy(place).state()
    #expect(state.start?.configuration.refereeLevel == .report)
    let configuration = try #require(state.configuration)
    #expect(configuration.refereeLevel == (format == 1 ? .report : .referee) && configuration.command == "sh new.sh")
    #expect(state.certificates == 1)
  }

  @Test func `a study killed before its first event begins anew`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(repository.initialise().code == 0)
    let folder = "\(repository.root)/.pawl/repo"
    repository.shell("mkdir -p '\(folder)' && echo '/.pawl/' >> .git/info/exclude")
    try Journal.create(in: folder).close()
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0, "\(run.messages)")
    #expect(run.messages.contains("study repo begins"))
    try RecordedStudy(repository).expectNothingLostOrDoubled()
  }

  @Test func `a study cut off after any of its events asks again for exactly what was open`() throws {
    let repository = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(repository.initialise("--workers", "2").code == 0)
    try #require(repository.pawl("run", "--trials", "6").code == 0)
    let study = try RecordedStudy(repository)
    try study.expectNothingLostOrDoubled()
    #expect(!study.certificates.isEmpty, "the study is long enough to certify something")
    let session = try #require(
      study.events.compactMap { if case .sessionStarted(let start) = $0.event { start } else { nil } }.first)

    var open = OpenWork()
    for (index, recorded) in study.events.enumerated() {
      open.take(recorded.event)
      var engine = Engine(state: study.state(through: recorded.sequence))
      let step = engine.handle([.sessionStarted(session)], at: recorded.at)
      let asked = Set(
        step.events.compactMap { if case .attemptRequested(let request) = $0 { request.id } else { nil } })
      let requested = Set(
        step.events.compactMap { if case .proposalRequested(let request) = $0 { request.trial } else { nil } })
      let certified = Set(
        step.events.compactMap { if case .championCertified(let new) = $0 { new.number } else { nil } })
      var attempts: [AttemptID: AttemptRequest] = [:]
      var proposing: [TrialID: ProposalRequest] = [:]
      var creating: [TrialID: Proposal] = [:]
      var rebasing: [TrialID: RebaseRequest] = [:]
      var branch: [Int] = []
      for effect in step.effects {
        switch effect {
        case .startAttempt(let request) where !asked.contains(request.id):
          #expect(attempts.updateValue(request, forKey: request.id) == nil, "event \(index) starts an attempt twice")
        case .propose(let request, _) where !requested.contains(request.trial): proposing[request.trial] = request
        case .createCandidate(let trial, _, let proposal, _): creating[trial] = proposal
        case .rebase(let asked) where !step.events.contains(.rebaseRequested(asked.request)):
          rebasing[asked.request.trial] = asked.request
        case .advanceBranch(let certificates):
          branch += certificates.map(\.number).filter { !certified.contains($0) && !branch.contains($0) }
        case .startAttempt, .stopAttempt, .propose, .rebase, .transplant, .finish: break
        }
      }
      #expect(attempts == open.attempts, "after event \(index)")
      #expect(proposing == open.proposing, "after event \(index)")
      #expect(creating == open.creating, "after event \(index)")
      #expect(rebasing == open.rebasing, "after event \(index)")
      #expect(branch == open.branch, "after event \(index)")
      let newest = study.state(through: recorded.sequence).lastAttempt
      #expect(asked.allSatisfy { $0.rawValue > newest }, "event \(index) gives the number of an attempt anew")
    }
  }
}
