using System.Runtime.Versioning;

namespace AttentionKernels.Streams;

/// <summary>A thread whose processors are chosen among those of its process. Made by the thread itself.</summary>
[SupportedOSPlatform("linux")]
internal sealed class PlacedThread
{
    private readonly int _thread = ThreadAffinity.CurrentThread();
    private readonly ulong[] _chosen = new ulong[ThreadAffinity.Words];

    /// <summary>Allows the thread some processors, unless somebody else has chosen those that it has.</summary>
    /// <param name="processors">What the thread is to be allowed.</param>
    /// <param name="ofProcess">What the process is allowed; with that, what was chosen last may have shrunk.</param>
    public void Place(ReadOnlySpan<ulong> processors, ReadOnlySpan<ulong> ofProcess)
    {
        Span<ulong> own = stackalloc ulong[ThreadAffinity.Words];
        if (!ThreadAffinity.TryRead(_thread, own) || !(own.SequenceEqual(ofProcess) || IsChosen(own, ofProcess)))
            return;
        if (ThreadAffinity.TryWrite(_thread, processors))
            processors.CopyTo(_chosen);
    }

    private bool IsChosen(ReadOnlySpan<ulong> own, ReadOnlySpan<ulong> ofProcess)
    {
        for (int word = 0; word < own.Length; word++)
        {
            if (own[word] != (_chosen[word] & ofProcess[word]))
                return false;
        }

        return true;
    }
}
