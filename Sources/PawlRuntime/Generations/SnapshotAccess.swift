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
    guard let own = resolved(folder) else { return }
    for path in rule.judging {
      // What a link leads to beyond the folder is the user's own, and nobody's to remove.
      let place = "\(folder)/\(path)"
      if let file = resolved(place), file.hasPrefix(own + "/") { unlink(file) }
      if let above = resolved((place as NSString).deletingLastPathComponent), (above + "/").hasPrefix(own + "/") {
        unlink(place)
      }
    }
  }
}

extension GenerationRule {
  /// Paths of what models are judged by, which neither training nor sampling may see.
  var judging: [String] {
    held + [canaries?.file, filters.constitution?.file, filters.constitution?.labels].compactMap(\.self)
  }

  /// - Throws: `RuntimeError.Code.usage` where `sandbox.read` shows every attempt what models are judged by.
  func checkReadable(_ links: CheckoutLinks) throws(RuntimeError) {
    for path in judging {
      guard let file = resolved("\(links.root)/\(path)") else { continue }
      for (entry, readable) in zip(links.entries, links.readable) {
        guard let folder = resolved(readable), file == folder || file.hasPrefix(folder == "/" ? "/" : folder + "/")
        else { continue }
        throw RuntimeError(
          .usage, "`\(entry)` of `sandbox.read` shows training `\(path)`, which it must not see",
          hints: [
            "list what training needs of it only, as `\(real)`",
            "or commit `\(path)`: Pawl takes it out of training's folder",
          ])
      }
    }
  }
}

/// The path without links; nil where nothing is.
private func resolved(_ path: String) -> String? {
  guard let real = realpath(path, nil) else { return nil }
  defer { free(real) }
  return String(cString: real)
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

  /// A study begins with fresh weights and real documents: what another one's file names is not in its store.
  ///
  /// - Throws: `RuntimeError.Code.usage` for a file that says more than that.
  static func checkBaseline(_ text: String) throws {
    let plan = try Self(Data(text.utf8))
    guard plan == Self(generation: 0) else {
      throw RuntimeError(
        .usage, "`\(file)` is of a generation of another study",
        hints: ["let it say `{}` and commit that: Pawl writes the rest"])
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
        rule: GenerationRule(real: ""), data: try known ?? foundations.snapshot(into: store), store: store,
        isOfCode: true)
      return
    }
    try rule.checkReadable(
      CheckoutLinks(entries: configuration.sandbox.readable, root: root, home: HomeFolder.path))
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
