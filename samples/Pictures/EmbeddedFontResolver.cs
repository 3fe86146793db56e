using ScottPlot;
using SkiaSharp;

namespace AttentionKernels.Samples.Pictures;

/// <summary>
/// Gives every text of a picture the font that lies in this assembly. A machine without fonts would draw no text at all, and one with
/// fonts would draw the text of another size.
/// </summary>
internal sealed class EmbeddedFontResolver : IFontResolver
{
    private const string Resource = "OpenSans-Regular.ttf";

    /// <summary>Makes pictures ask for this font first.</summary>
    public static void Install()
    {
        if (!Fonts.FontResolvers.OfType<EmbeddedFontResolver>().Any())
            Fonts.FontResolvers.Insert(0, new EmbeddedFontResolver());
    }

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) =>
        SKTypeface.FromStream(typeof(EmbeddedFontResolver).Assembly.GetManifestResourceStream(Resource));

    /// <inheritdoc/>
    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
        CreateTypeface(fontName, FontWeight.Normal, FontSlant.Upright, FontSpacing.Normal);
}
