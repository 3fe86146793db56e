namespace AttentionKernels.MicroKernels.Warp;

/// <summary>
/// A thread's share of A, 16 × 16 of 16 bits, in m16n8k16; also of what ldmatrix.x4 loads. PTX ISA, "Matrix Fragments for mma.m16n8k16
/// with floating point type".
/// </summary>
/// <remarks>
/// With g = lane / 4 and t = lane % 4, each register holds two neighbours of a row, the left one in its lower half: R0 row g, columns 2t
/// and 2t + 1; R1 row g + 8; R2 row g, columns 2t + 8 and 2t + 9; R3 row g + 8 of these.
/// </remarks>
internal readonly struct FragmentA(uint r0, uint r1, uint r2, uint r3)
{
    public readonly uint R0 = r0;
    public readonly uint R1 = r1;
    public readonly uint R2 = r2;
    public readonly uint R3 = r3;

    /// <summary>The first two of four loaded matrices as B.</summary>
    public FragmentB Left => new(R0, R1);

    /// <summary>The last two of four loaded matrices as B.</summary>
    public FragmentB Right => new(R2, R3);
}

/// <summary>
/// A thread's share of B, 16 × 8 of 16 bits: R0 column g, rows 2t and 2t + 1; R1 column g, rows 2t + 8 and 2t + 9.
/// </summary>
/// <remarks>Both registers come from one ldmatrix, side by side; ptxas otherwise moves them together before each mma.</remarks>
internal readonly struct FragmentB(uint r0, uint r1)
{
    public readonly uint R0 = r0;
    public readonly uint R1 = r1;
}

/// <summary>
/// A thread's share of C and D, 16 × 8 of fp32: R0 and R1 row g, columns 2t and 2t + 1; R2 and R3 row g + 8 of these.
/// </summary>
internal readonly struct Accumulator(float r0, float r1, float r2, float r3)
{
    [RowsBelow(0)] public readonly float R0 = r0;
    [RowsBelow(0)] public readonly float R1 = r1;
    [RowsBelow(1)] public readonly float R2 = r2;
    [RowsBelow(1)] public readonly float R3 = r3;
}
