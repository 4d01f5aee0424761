import PawlCore
import PawlGuard
import PawlSearch
import PawlWorkspace

/// A candidate's editable files, before it is a commit and after.
enum CandidateCode {
  /// Returns the editable files of a candidate that is a commit, by path.
  static func files(
    at commit: CommitHash, in workspace: Workspace, _ policy: EditPolicy
  ) throws(WorkspaceError) -> [String: String] {
    let paths = try workspace.files(at: commit)
      .filter { ($0.kind == .file || $0.kind == .executable) && policy.isEditable($0.path) }.map(\.path)
    return try workspace.texts(of: paths, at: commit)
  }

  /// Returns the files as they are after the edits; nil where an edit does not fit.
  static func files(_ files: [String: String], with edits: [FileEdit]) -> [String: String]? {
    var edited = files
    for edit in edits {
      if edit.change == .removed {
        edited[edit.path] = nil
      } else {
        guard let content = edit.applied(to: files[edit.path] ?? "") else { return nil }
        edited[edit.path] = content
      }
    }
    return edited
  }

  /// Returns the proposal that the edits make; one that does not fit is told when the candidate is made.
  static func proposal(
    of agent: String, _ hypothesis: String, _ edits: [FileEdit], on files: [String: String], cites: Citations? = nil,
    note: String? = nil
  ) -> Proposal {
    let edited = Self.files(files, with: edits) ?? files
    return Proposal(
      agent: agent, hypothesis: hypothesis, edits: edits, knobs: [:], cost: 0,
      fingerprint: CodeFingerprint.exact(of: edited), normalised: CodeFingerprint.normalised(of: edited),
      change: CodeFingerprint.change(from: files, to: edited), lines: lines(of: edited), cites: cites, note: note)
  }

  /// Why edits set a constant that people banned, or take it out; nil where they leave all of these alone.
  static func banRefusal(of edits: [FileEdit], on files: [String: String], people: CollaborationState) -> String? {
    let isAnyBanned = people.bans.contains { if case .knob = $0.subject { true } else { false } }
    guard isAnyBanned, let edited = Self.files(files, with: edits) else { return nil }
    let after = Dictionary(KnobFinder.knobs(in: edited).map { ($0.name, $0.value) }) { first, _ in first }
    for knob in KnobFinder.knobs(in: files) {
      guard let ban = people.ban(ofKnob: knob.name), after[knob.name] != knob.value else { continue }
      return "it changes the constant `\(knob.name)`, which is banned by \(ban.by) (ban \(ban.number))"
    }
    return nil
  }

  static func lines(of files: [String: String]) -> Int {
    files.values.reduce(0) { sum, text in sum + text.utf8.reduce(0) { $0 + ($1 == 0x0a ? 1 : 0) } }
  }
}
