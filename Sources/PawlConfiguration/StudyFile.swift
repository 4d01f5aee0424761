public import PawlCore

/// The file that defines a study: pawl.yaml. Every key is described in `docs/pawl.yaml.md`.
public enum StudyFile {
  /// Returns the configuration in `text`, or fails with all problems that were found.
  ///
  /// - Parameter path: The file's name, for messages only; nothing is opened.
  public static func parse(_ text: String, path: String) throws(ConfigurationError) -> StudyConfiguration {
    switch YAMLReader.read(text) {
    case .failure(let rejection): throw ConfigurationError([rejection.problem], path: path)
    case .success(let root):
      let (configuration, problems) = StudyReader.read(root)
      guard let configuration else { throw ConfigurationError(problems, path: path) }
      return configuration
    }
  }

  /// Returns a commented pawl.yaml that parses back to the same configuration; keys at their default stand as comments.
  public static func render(_ configuration: StudyConfiguration, layout: StudyLayout) -> String {
    StudyWriter(configuration, layout: layout).text
  }
}

/// The kind of repository that a study is set up in.
public enum StudyLayout: String, Sendable, Codable {
  /// karpathy/autoresearch: `train.py`, `prepare.py`, `program.md`.
  case autoresearch
  /// pi-autoresearch: a script that prints `METRIC name=value` lines.
  case piAutoresearch
  /// A study of Pawl's embedded lab: `train.swift` beside `lab.conf`.
  case lab
  /// A study of generations with the lab's language model: `trainer.conf` beside `generation.json`.
  case generations
  /// Anything else.
  case custom
}
