namespace AttentionKernels.Tests.Cuda;

/// <summary>What a multiprocessor has room for, after the CUDA C++ Programming Guide's table of compute capabilities.</summary>
/// <param name="Warps">Warps at a time.</param>
/// <param name="Groups">Work groups at a time.</param>
/// <param name="SharedBytes">Shared memory.</param>
/// <param name="ReservedSharedBytes">What the driver takes of it for each work group.</param>
internal sealed record Multiprocessor(int Warps, int Groups, int SharedBytes, int ReservedSharedBytes)
{
    private const int WarpSize = 32;
    private const int Registers = 64 << 10;

    // Registers are given out to warps, and warps to the four parts of a multiprocessor.
    private const int RegisterUnit = 8;
    private const int Parts = 4;

    private const int SharedUnit = 128;

    /// <summary>That of an architecture.</summary>
    public static Multiprocessor Of(int architecture) => architecture switch
    {
        75 => new(32, 16, 64 << 10, 0),
        80 => new(64, 32, 164 << 10, 1 << 10),
        90 => new(64, 32, 228 << 10, 1 << 10),
        _ => throw new ArgumentOutOfRangeException(nameof(architecture), architecture, "It must be 75, 80 or 90."),
    };

    /// <summary>How many warps of a kernel it holds at a time.</summary>
    /// <param name="threads">Threads of a work group.</param>
    /// <param name="registers">Registers of a thread.</param>
    /// <param name="sharedBytes">Shared memory of a work group.</param>
    public int ResidentWarps(int threads, int registers, int sharedBytes)
    {
        int warps = RoundUp(threads, WarpSize) / WarpSize;
        int warpsOfRegisters = Registers / Parts / (RoundUp(registers, RegisterUnit) * WarpSize) * Parts;
        int groupsOfShared = SharedBytes / Math.Max(1, RoundUp(sharedBytes, SharedUnit) + ReservedSharedBytes);
        return warps * Math.Min(Math.Min(Groups, Warps / warps), Math.Min(warpsOfRegisters / warps, groupsOfShared));
    }

    private static int RoundUp(int value, int unit) => (value + unit - 1) / unit * unit;
}
