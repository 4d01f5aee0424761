#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlLab
import PawlReferee

/// A compiled `train.swift` in a folder of its own, ready to be started.
struct CandidateProgram {
  let candidate: Candidate
  /// Where the program leaves its parameters, if it was told to.
  let saved: String
  private let scratch: String

  /// Compiles a source, or takes it out of the cache.
  ///
  /// - Parameters:
  ///   - source: the bytes of the program, and `name` what the compiler calls it.
  ///   - text: the path of the text to learn from.
  ///   - cache: a folder for compiled programs; nil for none.
  ///   - saves: whether the program is to leave its trained parameters.
  ///   - model: the path of parameters that it is to load, and then not train.
  init(
    _ source: [UInt8], name: String, text: String, rung: Rung, rungName: Int, seed: UInt64, cache: String?,
    saves: Bool = false, model: String? = nil
  ) throws(LabError) {
    try SourceRules.check(source, name: name)
    let toolchain = try Toolchain.find()
    let scratch = try makeScratch()
    self.scratch = scratch
    let program = scratch + "/train"
    let work = scratch + "/work"
    saved = work + "/saved.safetensors"
    do throws(LabError) {
      try toolchain.build(
        source, name: name, optimises: rung.optimises, to: program, scratch: scratch,
        cache: cache.flatMap(ProgramCache.init(folder:)))
      mkdir(work, 0o700)
      let (text, model) = (absolutePath(text), model.map(absolutePath))
      let environment = CandidateEnvironment(
        seed: seed, text: text, rungName: rungName, rung: rung, save: saves ? saved : nil,
        load: model)
      let lines = environment.lines(from: currentEnvironment())
      var libraries = try SharedLibraries.paths(of: program, environment: lines)
      if let library = libraryOfProducts {
        libraries += [library] + (try SharedLibraries.paths(of: library, environment: lines))
      }
      let threads = rung.threads + 64 + 4 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
      var candidate = Candidate(
        [program], environment: candidateEnvironment(lines), directory: work,
        view: .only([program, text] + [model].compactMap { $0 } + libraries), threads: threads)
      candidate.memoryBytes = rung.memoryMebibytes << 20
      self.candidate = candidate
    } catch {
      removeFolder(scratch)
      throw error
    }
  }

  /// Removes the program and what it left.
  func remove() { removeFolder(scratch) }
}

private func makeScratch() throws(LabError) -> String {
  var template = Array("\(environment("TMPDIR") ?? "/tmp")/pawl-lab-XXXXXX".utf8CString)
  guard mkdtemp(&template) != nil else {
    throw LabError(
      .cannotRun, "cannot make a folder in `\(environment("TMPDIR") ?? "/tmp")`: \(reason(errno))",
      hints: ["set TMPDIR to a folder that can be written"])
  }
  return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
