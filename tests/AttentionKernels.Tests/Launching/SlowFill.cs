using ILGPU;

namespace AttentionKernels.Tests.Launching;

public readonly record struct SlowFillArguments(ArrayView<float> Target, ArrayView<float> Source, float Value, int Rounds);

/// <summary>Copies its tile's element of the source, plus a value, to the target, but only after a time: whoever does not wait sees what was there before.</summary>
public readonly struct SlowFill : ITileKernel<SlowFillArguments>
{
    public static void Run(SlowFillArguments arguments, long tile, ArrayView<float> scratch)
    {
        // What the loop computes is 0, but no compiler knows.
        float delay = arguments.Rounds;
        for (int round = 0; round < arguments.Rounds; round++)
            delay -= delay >= 1f ? 1f : 0f;
        arguments.Target[tile] = arguments.Source[tile] + arguments.Value + delay;
    }
}
