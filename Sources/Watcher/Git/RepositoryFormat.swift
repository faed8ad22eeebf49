/// Formats that git knows and the reader does not, told plainly before libgit2 says something else.
enum RepositoryFormat {
    /// Looks at `extensions.*` of the repository's own configuration.
    static func check(_ layout: RepositoryLayout) throws(GitError) {
        let file = AbsolutePath.join(layout.commonDirectory, "config")
        // A repository without a configuration file is one of git's plain defaults.
        guard FileFacts(of: file) != nil else { return }
        let config = try GitConfiguration(file: file)
        if let format = config.text("extensions.objectformat"), format != "sha1" {
            throw GitError(
                .unsupportedFormat,
                "\(layout.path) names its objects by \(format); Plumb reads SHA-1 repositories",
                advice: "use a repository made with git init --object-format=sha1")
        }
        if let storage = config.text("extensions.refstorage"), storage != "files" {
            throw GitError(
                .unsupportedFormat, "\(layout.path) keeps its refs as \(storage); Plumb reads files",
                advice: "convert it: git refs migrate --ref-format=files")
        }
        if config.text("extensions.partialclone") != nil {
            throw GitError(
                .unsupportedFormat, "\(layout.path) is a partial clone: not all of its objects are there",
                advice: "use a full clone, made without --filter")
        }
    }
}
