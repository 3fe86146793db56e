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
            string folder = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "models"));
            Assert.SkipUnless(Directory.Exists(folder), $"The model's folder {folder} is absent.");
            return folder;
        }
    }
}
