using ILGPU.Runtime;

namespace AttentionKernels.Linear.Kernels;

/// <content>The launch.</content>
internal static partial class LinearModule<TAccess>
{
    /// <summary>Queues the kernel for so many tokens; all is checked.</summary>
    public static void Run(AttentionDevice device, LinearArguments arguments, AcceleratorStream stream)
    {
        if (arguments.Tokens <= LinearTileSizes.MostOfFewTokens)
        {
            arguments.TokensPerTile = LinearTileSizes.FewTokens;
            arguments.RowsPerTile = LinearTileSizes.FewRows;
            device.LoadGroupKernel<LinearSimt, LinearArguments>().Run(stream, arguments, LinearTile.Count(arguments));
            return;
        }

        arguments.TokensPerTile = LinearTileSizes.ManyTokens;
        arguments.RowsPerTile = LinearTileSizes.ManyRows;
        device.LoadGroupKernel<LinearTiledSimt, LinearArguments>().Run(stream, arguments, LinearTile.Count(arguments));
    }
}
