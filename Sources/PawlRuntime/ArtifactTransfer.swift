import Foundation
import PawlGuard

/// Carries what a command left to where a frozen command scores it: regular files alone, never over a frozen file.
struct ArtifactTransfer {
  let patterns: [Glob]

  func copy(from work: String, to stage: String) throws {
    let files = FileManager.default
    guard let walker = files.enumerator(atPath: work) else { return }
    while let path = walker.nextObject() as? String {
      // Links are data of the candidate's choosing: following one would let it name any file.
      guard (try? files.attributesOfItem(atPath: "\(work)/\(path)"))?[.type] as? FileAttributeType == .typeRegular,
        patterns.contains(where: { $0.matches(path) })
      else { continue }
      let target = "\(stage)/\(path)"
      guard !files.fileExists(atPath: target) else { continue }
      try files.createDirectory(
        atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try files.copyItem(atPath: "\(work)/\(path)", toPath: target)
    }
  }
}
