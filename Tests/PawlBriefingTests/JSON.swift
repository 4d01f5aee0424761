import PawlCore

@testable import PawlBriefing

typealias JSONValue = PawlBriefing.JSONValue
