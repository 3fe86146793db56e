using AttentionKernels.Export;

namespace AttentionKernels.Tests.Export;

/// <summary>A driver binding that is not the library's.</summary>
internal interface IForeignDriver : IDisposable
{
    /// <summary>Launches an exported kernel over memory of the driver's, and gives back what a buffer holds then.</summary>
    /// <param name="launch">The launch.</param>
    /// <param name="buffers">What each buffer of the recording holds before, by its number.</param>
    /// <param name="output">The number of the buffer that is wanted.</param>
    byte[] Run(ExportedLaunch launch, IReadOnlyDictionary<int, byte[]> buffers, int output);
}
