import Foundation
import PawlCore
import PawlDocuments
import PawlSandbox

/// What training finds of its candidate's data, and what it must not find.
struct SnapshotAccess: Sendable {
  let rule: GenerationRule
  let data: GenerationData
  let store: DocumentStore
  /// Whether the study is one of code, which only learns from another one's snapshot.
  var isOfCode = false

  /// What an attempt is given beyond its folder.
  struct Grant: Sendable {
    var variables: [String: String] = [:]
    /// Folders that it may read.
    var readable: [String] = []
  }

  /// Names that nothing in pawl.yaml replaces.
  static let variables: Set = ["PAWL_SNAPSHOT", "PAWL_PARENT_MODEL", "PAWL_GENERATION"]

  /// Reads the plan of the candidate in a folder, looks that what it names is what it was, and takes out what models are judged by.
  ///
  /// - Parameter aside: a folder that is made for it, beside the candidate's.
  func grant(in folder: String, aside: String) throws -> Grant {
    conceal(in: folder)
    let plan =
      try isOfCode ? GenerationPlan(generation: 0) : GenerationPlan(file: "\(folder)/\(GenerationPlan.file)")
    var grant = Grant()
    grant.variables["PAWL_GENERATION"] = String(plan.generation)
    try FileManager.default.createDirectory(atPath: aside, withIntermediateDirectories: true)
    grant.readable.append(aside)
    grant.variables["PAWL_SNAPSHOT"] = "\(aside)/snapshot.jsonl"
    try lay(path(of: plan.snapshot ?? data.real.digest), at: "\(aside)/snapshot.jsonl")
    if let model = plan.model {
      let name = (rule.model as NSString).lastPathComponent
      grant.variables["PAWL_PARENT_MODEL"] = "\(aside)/\(name)"
      try lay(path(of: model), at: "\(aside)/\(name)")
    }
    return grant
  }

  /// Shows a file under another name: a link where the file system allows. It is seen read-only, and what is in the store is
  /// read-only anyway.
  func lay(_ source: String, at path: String) throws {
    if link(source, path) == 0 { return }
    try FileManager.default.copyItem(atPath: source, toPath: path)
  }

  /// Returns where a stored file is, once its content was looked at.
  func path(of digest: String) throws -> String {
    try store.verify(digest)
    return store.path(of: digest)
  }

  /// Takes evaluation text, canaries, labels and principles out of a folder in which models are trained or sampled.
  func conceal(in folder: String) {
    let judging =
      rule.held
      + [rule.canaries?.file, rule.filters.constitution?.file, rule.filters.constitution?.labels]
      .compactMap(\.self)
    for path in judging { unlink("\(folder)/\(path)") }
  }
}

extension GenerationPlan {
  /// Reads a candidate's file.
  init(file: String) throws {
    guard let bytes = FileManager.default.contents(atPath: file) else {
      throw RuntimeError(
        .usage, "the candidate has no `\(GenerationPlan.file)`",
        hints: ["commit one that says `{}`: Pawl writes the rest"])
    }
    self = try Self(bytes)
  }

  init(_ bytes: Data) throws {
    do {
      self = try JSONDecoder().decode(Self.self, from: bytes)
    } catch {
      throw RuntimeError(
        .usage, "`\(GenerationPlan.file)` is no plan of a generation", hints: ["that of the baseline says `{}`"])
    }
  }

  /// The file's content.
  var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
  }
}

extension SnapshotAccess {
  /// Takes the data in where the study begins, else looks that it is what it was; nil in a study of code.
  init?(_ configuration: StudyConfiguration, root: String, paths: StudyPaths, known: GenerationData?) throws {
    guard let rule = configuration.generations else {
      guard let foundations = try Foundations(configuration, root: root) else { return nil }
      let store = try DocumentStore(folder: paths.store)
      self.init(
        rule: GenerationRule(real: ""), data: try known ?? foundations.snapshot(into: store), store: store, isOfCode: true)
      return
    }
    let data = StudyData(rule: rule, root: root, store: try DocumentStore(folder: paths.store))
    guard let known else {
      self.init(rule: rule, data: try data.take(), store: data.store)
      return
    }
    if let path = try data.change(since: known) {
      throw RuntimeError(
        .changedStudy,
        "`\(path)` is not what study `\(configuration.name)` was begun with, so results would not compare",
        hints: ["undo the change, or begin a new study: give it another name in pawl.yaml (`study:`)"])
    }
    self.init(rule: rule, data: known, store: data.store)
  }
}
