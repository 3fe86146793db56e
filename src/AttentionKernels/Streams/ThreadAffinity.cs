using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace AttentionKernels.Streams;

/// <summary>Which processors a thread may run on, by Linux's own calls.</summary>
/// <remarks>https://man7.org/linux/man-pages/man2/sched_setaffinity.2.html</remarks>
internal static partial class ThreadAffinity
{
    private static readonly string[] _calls = ["gettid", "sched_getcpu", "sched_getaffinity", "sched_setaffinity"];

    /// <summary>Words of a set of processors, which has a bit for each: those of the C library's own sets, for 1,024.</summary>
    public const int Words = 1024 / BitsPerWord;

    // The number of none.
    private const int NoThread = -1;

    private const int BitsPerWord = 8 * sizeof(ulong);

    /// <summary>Whether this is Linux with a C library that has all of the calls.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool IsPresent { get; } = OperatingSystem.IsLinux()
        && Array.TrueForAll(_calls, call => NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), call, out _));

    /// <summary>Makes the calls ready: the first of each allocates.</summary>
    [SupportedOSPlatform("linux")]
    public static void Prepare()
    {
        Span<ulong> processors = stackalloc ulong[Words];
        TryRead(CurrentThread(), processors);
        TryWrite(NoThread, processors);
    }

    /// <summary>The caller's number among all threads of the machine.</summary>
    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int CurrentThread();

    /// <summary>The processor that the caller is on.</summary>
    /// <returns>Its number, from 0 on; −1 where that is not known.</returns>
    [SupportedOSPlatform("linux"), SuppressGCTransition]
    [LibraryImport("libc", EntryPoint = "sched_getcpu")]
    public static partial int CurrentProcessor();

    /// <summary>Reads the processors of a thread.</summary>
    /// <returns>Whether Linux has told them: not those of a thread that has ended, nor of more than a set has bits.</returns>
    [SupportedOSPlatform("linux")]
    public static unsafe bool TryRead(int thread, Span<ulong> processors)
    {
        processors.Clear();
        fixed (ulong* words = processors)
            return Read(thread, processors.Length * sizeof(ulong), words) == 0;
    }

    /// <summary>Sets the processors of a thread.</summary>
    /// <returns>Whether Linux has taken them.</returns>
    [SupportedOSPlatform("linux")]
    public static unsafe bool TryWrite(int thread, ReadOnlySpan<ulong> processors)
    {
        fixed (ulong* words = processors)
            return Write(thread, processors.Length * sizeof(ulong), words) == 0;
    }

    /// <summary>How many processors a set has.</summary>
    public static int Count(ReadOnlySpan<ulong> processors)
    {
        int count = 0;
        foreach (ulong word in processors)
            count += BitOperations.PopCount(word);
        return count;
    }

    /// <summary>Takes a processor out of a set, which may be without it.</summary>
    public static void Remove(Span<ulong> processors, int processor)
    {
        if ((uint)processor < (uint)(processors.Length * BitsPerWord))
            processors[processor / BitsPerWord] &= ~(1UL << (processor % BitsPerWord));
    }

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "sched_getaffinity")]
    private static unsafe partial int Read(int thread, nint bytes, ulong* processors);

    [SupportedOSPlatform("linux")]
    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static unsafe partial int Write(int thread, nint bytes, ulong* processors);
}
