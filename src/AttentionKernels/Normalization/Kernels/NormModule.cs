using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Norms, and softmax, which looks at neither center nor affine: what their kernels are generic over, once.</summary>
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

    /// <summary>What the kernels take that normalise rows and quantise them.</summary>
    internal struct QuantizedArguments
    {
        [KernelInput]
        public ArrayView<TElement> Input;

        /// <summary>Numbers of a byte each, which the kernel knows the format of.</summary>
        public ArrayView<byte> Numbers;

        /// <summary>[rows]; any memory where a scale is given.</summary>
        public ArrayView<float> Scales;

        /// <summary>What is added to the input first; empty where nothing is.</summary>
        [KernelInput]
        public ArrayView<TElement> Addend;

        /// <summary>The input, to which it is added; empty where nothing is.</summary>
        public ArrayView<TElement> Sum;

        /// <summary>Where rows begin: those of the numbers as output.</summary>
        public NormRows Rows;

        /// <summary>The scale that is given.</summary>
        public float Scale;

        /// <summary>Whether each row has its own scale, which is found from its numbers.</summary>
        public int FindsScales;

        /// <summary>Whether all rows begin at multiples of four features and have whole fours of them.</summary>
        public readonly bool AreRegular() =>
            Rows.AreRegular() && Input.IsAligned(4) && Numbers.IsAligned(4) && Addend.IsAligned(4);
    }

    /// <summary>What the kernels of gradients of rows take.</summary>
    internal struct RowBackwardArguments
    {
        [KernelInput]
        public ArrayView<TElement> Input;

        [KernelInput]
        public ArrayView<TElement> OutputGradient;

        public ArrayView<TElement> InputGradient;

        /// <summary>Where rows begin: those of the input, of its gradient (as output) and of the output's gradient (as addend).</summary>
        public NormRows Rows;

        /// <summary>How rows are standardised: what the Simt schedule keeps for the gradients of weights.</summary>
        public ArrayView<Standardization> Standardizations;

        public FeatureSums Sums;

        /// <summary>Whether all rows begin at multiples of four features and have whole fours of them.</summary>
        public readonly bool AreRegular() =>
            Rows.AreRegular() && Input.IsAligned(4) && OutputGradient.IsAligned(4) && InputGradient.IsAligned(4);
    }

    /// <summary>What the kernels that normalise channels take; the tensors are dense [batch, channels, spatial].</summary>
    internal struct BatchNormArguments
    {
        [KernelInput]
        public ArrayView<TElement> Input;
        public ArrayView<TElement> Output;
        public NormChannels Channels;
    }

    /// <summary>What the kernels of gradients of channels take; the tensors are dense [batch, channels, spatial].</summary>
    internal struct ChannelBackwardArguments
    {
        [KernelInput]
        public ArrayView<TElement> Input;

        [KernelInput]
        public ArrayView<TElement> OutputGradient;
        public ArrayView<TElement> InputGradient;

        /// <summary>[channels], or empty where it is not asked for.</summary>
        public ArrayView<float> WeightGradient;

        /// <summary>[channels], or empty where it is not asked for.</summary>
        public ArrayView<float> BiasGradient;
        public NormChannels Channels;

        /// <summary>Group norm: the sums of each channel, a sample a chunk.</summary>
        public FeatureSums Sums;

        /// <summary>The weight of a channel.</summary>
        public readonly float Weight(long channel) => TAffine.HasWeight ? Channels.Weight[channel] : 1f;

        /// <summary>Stores the gradients of a channel's weight and bias.</summary>
        public readonly void Store(GradientSums sums, long channel)
        {
            if (WeightGradient.Length > 0)
                WeightGradient[channel] = sums.Products;
            if (BiasGradient.Length > 0)
                BiasGradient[channel] = sums.Sum;
        }
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
