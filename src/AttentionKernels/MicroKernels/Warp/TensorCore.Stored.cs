using AttentionKernels.Formats;

namespace AttentionKernels.MicroKernels.Warp;

internal static partial class TensorCore<TElement>
{
    /// <summary>Bytes of eight numbers in memory.</summary>
    public static int ChunkBytes => 4 * TileCopy.Numbers / TElement.PerWord;

    /// <summary>Whether numbers are factors only after they were converted.</summary>
    public static bool Converts => TElement.PerWord > 2;

    /// <summary>Eight stored numbers as factors, in pairs.</summary>
    /// <param name="loaded">Their bits, from the first register on.</param>
    /// <param name="asHalf">Whether as fp16, and not as the format's own factors; a constant, and of numbers of 8 bits and fewer.</param>
    public static FragmentA Factors(FragmentA loaded, bool asHalf)
    {
        if (!Converts)
            return loaded;
        return TElement.PerWord == 4
            ? new FragmentA(
                TElement.Factors(loaded.R0, 0, asHalf), TElement.Factors(loaded.R0, 2, asHalf), TElement.Factors(loaded.R1, 0, asHalf),
                TElement.Factors(loaded.R1, 2, asHalf))
            : new FragmentA(
                TElement.Factors(loaded.R0, 0, asHalf), TElement.Factors(loaded.R0, 2, asHalf), TElement.Factors(loaded.R0, 4, asHalf),
                TElement.Factors(loaded.R0, 6, asHalf));
    }

    /// <summary>Replaces stored numbers in shared memory, which the thread has copied there, by factors.</summary>
    /// <param name="copy">Its share of the copy.</param>
    /// <param name="step">The step.</param>
    /// <param name="asHalf">Whether factors are fp16; a constant.</param>
    /// <param name="byPower">Whether those are multiplied by a power of two; a constant.</param>
    /// <param name="power">The power, as a pair.</param>
    public static void Convert(TileCopy copy, int step, bool asHalf, bool byPower, uint power)
    {
        int source = copy.Address + (step * SwizzledLane.StepBytes);
        int target = (copy.Address & ~(TileCopy.Bytes - 1)) + (step * SwizzledLane.StepBytes);
        ConvertPage(copy, source, target, 0, asHalf, byPower, power);
        ConvertPage(copy, source, target, 1, asHalf, byPower, power);
        ConvertPage(copy, source, target, 2, asHalf, byPower, power);
        ConvertPage(copy, source, target, 3, asHalf, byPower, power);
    }

    private static void ConvertPage(TileCopy copy, int source, int target, int page, bool asHalf, bool byPower, uint power)
    {
        if (!TileCopy.HasChunk(copy, page))
            return;
        FragmentA factors = Factors(LoadChunk(source + (page * copy.PageBytes)), asHalf);
        MemoryAddress.StoreSharedFour(target + (page * copy.PageBytes), byPower ? Scale(factors, power) : factors);
    }

    private static FragmentA LoadChunk(int address)
    {
        if (TElement.PerWord == 8)
            return new FragmentA(MemoryAddress.LoadSharedOne(address), 0, 0, 0);
        FragmentB words = MemoryAddress.LoadSharedTwo(address);
        return new FragmentA(words.R0, words.R1, 0, 0);
    }

    private static FragmentA Scale(FragmentA factors, uint power) => new(
        HalfPair.Scale(factors.R0, power), HalfPair.Scale(factors.R1, power), HalfPair.Scale(factors.R2, power),
        HalfPair.Scale(factors.R3, power));
}
