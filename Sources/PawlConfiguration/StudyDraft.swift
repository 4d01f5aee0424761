public import PawlCore

/// What `pawl init` can see of a repository, without doing any I/O itself.
public protocol RepositoryView {
  /// Tracked files, relative to the root.
  var paths: [String] { get }
  /// Returns the text of a small file, nil where it is missing, binary or huge.
  func text(of path: String) -> String?
}

/// What could be recognised of a study, to be completed by the user.
public struct StudyDraft: Sendable {
  public var layout: StudyLayout
  public var command: String?
  /// Whether `command` is a frozen referee.
  public var isReferee: Bool
  public var metric: MetricRule?
  public var editable: [String]
  public var frozen: [String]
  public var budget: Budget
  public var sandbox: SandboxPolicy
  public var foreignLoad: ForeignLoadRule
  /// How the study improves its data; nil for a study of code.
  public var generations: GenerationRule?
  /// What scores the files that `command` leaves.
  public var evaluate: String?
  public var artifacts: [String] = []
  /// Tracked programs, those nearest to the root first: what a person may mean where nothing was recognised.
  public var scripts: [String] = []
  /// What was recognised: one lowercase line each, for `pawl init` to show.
  public var notes: [String]
  /// What the user must still give, of `command`, `metric` and `editable`.
  public var missing: [String]

  public init(
    layout: StudyLayout, command: String? = nil, isReferee: Bool = false, metric: MetricRule? = nil,
    editable: [String] = [], frozen: [String] = [], budget: Budget = Budget(),
    sandbox: SandboxPolicy = SandboxPolicy(), foreignLoad: ForeignLoadRule = .repeats, notes: [String] = [],
    missing: [String] = []
  ) {
    self.layout = layout
    self.command = command
    self.isReferee = isReferee
    self.metric = metric
    self.editable = editable
    self.frozen = frozen
    self.budget = budget
    self.sandbox = sandbox
    self.foreignLoad = foreignLoad
    self.notes = notes
    self.missing = missing
  }

  /// Lists what is missing, from what is there.
  func withMissing() -> Self {
    var draft = self
    draft.missing = []
    if command == nil { draft.missing.append("command") }
    if metric == nil { draft.missing.append("metric") }
    if editable.isEmpty { draft.missing.append("editable") }
    return draft
  }
}
