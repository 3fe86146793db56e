using Xunit;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>A small real model with its exact expected output, in a folder beside the repository; not part of the project.</summary>
internal static class SharedModels
{
    /// <summary>The folder, or a skipped test with the reason where it is absent.</summary>
    public static string Folder
    {
        get
        {
            string? repository = AppContext.BaseDirectory;
            while (repository is not null && !File.Exists(Path.Combine(repository, "Kernels.sln")))
                repository = Path.GetDirectoryName(repository);
            string folder = Path.GetFullPath(Path.Combine(repository ?? ".", "..", "shared", "models"));
            Assert.SkipUnless(Directory.Exists(folder), $"The model's folder {folder} is absent.");
            return folder;
        }
    }
}
