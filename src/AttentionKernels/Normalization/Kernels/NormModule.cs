using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Norms: what their kernels are generic over, once.</summary>
/// <typeparam name="TElement">How input and output are stored. Weights, biases and statistics are fp32.</typeparam>
/// <typeparam name="TCenter">What the moments are about.</typeparam>
/// <typeparam name="TAffine">Which weights and biases follow.</typeparam>
internal static partial class NormModule<TElement, TCenter, TAffine>
    where TElement : unmanaged, IElement<TElement>
    where TCenter : struct, IMomentsCenter
    where TAffine : struct, IAffine
{
    /// <summary>What the kernels that normalise rows take.</summary>
    internal struct RowNormArguments
    {
        [KernelInput]
        public ArrayView<TElement> Input;
        public ArrayView<TElement> Output;

        /// <summary>What is added to the input first; empty where nothing is.</summary>
        [KernelInput]
        public ArrayView<TElement> Addend;

        /// <summary>The input, to which it is added; empty where nothing is.</summary>
        public ArrayView<TElement> Sum;
        public NormRows Rows;

        /// <summary>Whether all rows begin at multiples of four features and have whole fours of them.</summary>
        public readonly bool AreRegular() =>
            Rows.AreRegular() && Input.IsAligned(4) && Output.IsAligned(4) && Addend.IsAligned(4);
    }

    /// <summary>What the kernels that normalise channels take; the tensors are dense [batch, channels, spatial].</summary>
    internal struct BatchNormArguments
    {
        [KernelInput]
        public ArrayView<TElement> Input;
        public ArrayView<TElement> Output;
        public NormChannels Channels;
    }

    /// <summary>The Vector schedule.</summary>
    /// <typeparam name="TVector">The vector of the managed CPU; on OpenCL devices its lanes count.</typeparam>
    /// <typeparam name="TStore">How results are stored.</typeparam>
    internal static partial class Vector<TVector, TStore>
        where TVector : struct, IVector<TVector>
        where TStore : struct, IStorePolicy
    {
    }

    /// <summary>The Simt schedule of rows.</summary>
    /// <typeparam name="TAccess">How rows are accessed: four features at once, or one by one.</typeparam>
    internal static partial class Simt<TAccess>
        where TAccess : struct, IRowAccess
    {
    }
}
