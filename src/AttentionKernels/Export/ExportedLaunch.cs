using System.Reflection;
using AttentionKernels.CodeGeneration;
using ILGPU.Backends;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;

namespace AttentionKernels.Export;

/// <summary>A kernel's text, and how one launch of it is made through a driver. Made by
/// <see cref="KernelExport.RecordLaunches(AttentionDevice, Action, int?)"/>.</summary>
/// <remarks>
/// Through CUDA's driver: load <see cref="Text"/> as a module, put device addresses into the views of
/// <see cref="KernelParameter.Value"/>, and call <c>cuLaunchKernel</c> with the parameters' bytes, singly or in one block, each at the
/// next multiple of its <see cref="KernelParameter.Alignment"/>; more than 48 KiB of <see cref="DynamicSharedBytes"/> are to be allowed
/// by <c>cuFuncSetAttribute</c> before. Through OpenCL: build the text, <c>clSetKernelArg</c> each parameter in order, and enqueue
/// <c>Groups · GroupSize</c> work items in groups of <c>GroupSize</c>. Shared memory that the text declares itself is the driver's matter.
/// </remarks>
public sealed class ExportedLaunch
{
    private ExportedLaunch(string kernel, string entry, string text, LaunchGrid grid)
    {
        Kernel = kernel;
        Entry = entry;
        Text = text;
        Grid = grid;
    }

    /// <summary>The kernel's name with its generic choices, for people to read.</summary>
    public string Kernel { get; }

    /// <summary>What <see cref="Text"/> is written in.</summary>
    public KernelLanguage Language { get; private init; }

    /// <summary>The name that the text declares the kernel by.</summary>
    public string Entry { get; }

    /// <summary>The kernel, as its driver compiles it.</summary>
    public string Text { get; }

    /// <summary>The grid.</summary>
    public LaunchGrid Grid { get; }

    /// <summary>Bytes of dynamic shared memory.</summary>
    public int DynamicSharedBytes { get; private init; }

    /// <summary>The parameters, in the order of the entry's.</summary>
    public IReadOnlyList<KernelParameter> Parameters { get; private init; } = [];

    /// <summary>The launch's place in its recording, from 0.</summary>
    public int Index { get; private init; }

    /// <summary>Writes the text and the description, as <c>0.RowNormSimt(…).ptx</c> or <c>.cl</c> and <c>.json</c>.</summary>
    /// <param name="folder">Where; it is made where it is absent.</param>
    /// <returns>The description's path.</returns>
    /// <exception cref="ArgumentException"><paramref name="folder"/> is <see langword="null"/> or blank.</exception>
    /// <exception cref="IOException">The files cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The files may not be written.</exception>
    /// <example>
    /// <code>
    /// using AttentionKernels.Export;
    ///
    /// using Tensor&lt;float> input = device.Allocate&lt;float>([16, 64]), output = device.Allocate&lt;float>(input.Shape);
    /// using Tensor&lt;float> weight = device.Allocate&lt;float>([64]);
    /// var options = new NormOptions { Schedule = KernelSchedule.Simt };
    /// IReadOnlyList&lt;ExportedLaunch> launches = device.RecordLaunches(
    ///     () => device.RmsNorm(input, weight, output, NumberFormat.Float32, options), computeCapability: 80);
    /// string description = launches[0].Save("kernels");
    /// </code>
    /// </example>
    public string Save(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        Directory.CreateDirectory(folder);
        string text = KernelDump.FileName($"{Index}", Kernel, Language == KernelLanguage.Ptx ? ".ptx" : ".cl");
        string path = Path.Combine(folder, KernelDump.FileName($"{Index}", Kernel, ".json"));
        File.WriteAllText(Path.Combine(folder, text), Text);
        File.WriteAllBytes(path, LaunchJson.Write(this, text));
        return path;
    }

    /// <summary>The kernel's name.</summary>
    public override string ToString() => Kernel;

    /// <summary>Describes a launch.</summary>
    /// <param name="launch">The launch.</param>
    /// <param name="index">Its place in the recording.</param>
    /// <param name="capability">What PTX is compiled for; the device's own text where <see langword="null"/>.</param>
    /// <param name="memory">The recording's buffers.</param>
    internal static ExportedLaunch Of(RecordedLaunch launch, int index, int? capability, MemoryNumbers memory)
    {
        const int OldestOfTensorCores = 80;
        if (capability < OldestOfTensorCores && launch.UsesTensorCores)
        {
            throw new NotSupportedException(
                $"{launch.Kernel} uses tensor cores: it needs a compute capability of {OldestOfTensorCores}, not {capability}.");
        }

        CompiledKernel compiled = capability is { } sm ? OfflinePtx.Compile(launch.Kernel, launch.Entry, sm) : launch.Compiled!;
        KernelLanguage language = compiled is CLCompiledKernel ? KernelLanguage.OpenClC : KernelLanguage.Ptx;
        string text = compiled is CLCompiledKernel openCl ? openCl.Source : ((PTXCompiledKernel)compiled).PTXAssembly;
        return new(launch.Kernel, compiled.Name, text, launch.Grid)
        {
            Language = language,
            DynamicSharedBytes = launch.DynamicSharedBytes,
            Index = index,
            Parameters = ParametersOf(launch, language, memory),
        };
    }

    // OpenCL C takes the memory of all views first, then the arguments.
    private static KernelParameter[] ParametersOf(RecordedLaunch launch, KernelLanguage language, MemoryNumbers memory)
    {
        ParameterInfo[] parameters = launch.Entry.GetParameters();
        KernelParameter[] bytes =
            [.. launch.Arguments.Select((argument, place) => ArgumentLayout.Of(parameters[place].Name!, argument, language, memory))];
        if (language == KernelLanguage.Ptx)
            return bytes;
        IEnumerable<KernelParameter> views = bytes.SelectMany(parameter => parameter.Fields)
            .Where(field => field.Memory is not null)
            .Select(field => new KernelParameter(field.Name) { Memory = field.Memory, Alignment = sizeof(long) });
        return [.. views, .. bytes];
    }
}
