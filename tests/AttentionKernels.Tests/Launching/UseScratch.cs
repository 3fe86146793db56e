using ILGPU;

namespace AttentionKernels.Tests.Launching;

public readonly record struct UseScratchArguments(ArrayView<int> Wrong, int Rounds);

/// <summary>Fills its scratch memory with the tile's number, again and again, and counts what another worker has overwritten.</summary>
public readonly struct UseScratch : ITileKernel<UseScratchArguments>
{
    public static void Run(UseScratchArguments arguments, long tile, ArrayView<float> scratch)
    {
        int wrong = 0;
        for (int round = 0; round < arguments.Rounds; round++)
        {
            for (int index = 0; index < (int)scratch.Length; index++)
                scratch[index] = tile + round;
            for (int index = 0; index < (int)scratch.Length; index++)
            {
                if (scratch[index] != tile + round)
                    wrong++;
            }
        }

        arguments.Wrong[tile] = wrong;
    }
}
