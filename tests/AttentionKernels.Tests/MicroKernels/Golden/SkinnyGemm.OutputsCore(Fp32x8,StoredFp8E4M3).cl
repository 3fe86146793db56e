{
    // SkinnyGemm.OutputsCore<Fp32x8, StoredFp8E4M3>
    global float* weights = var0;
    global char* tokens = (global char*)var1;
    global long* offsets = var2;
    global float* outputs = var3;
    const int shape_Tokens = var4.field_3;
    const int shape_Known = var4.field_4;
    const int shape_Heads = var4.field_1;
    const long shape_HeadStride = var4.field_0;
    const int shape_Dimension = var4.field_5;
    const int shape_RowsPerHead = var4.field_2;
    const int shape_Stride = var4.field_6;
    for (int token = 0; token < shape_Tokens; token += 4) {
        const int block = min(4, shape_Tokens - token);
        const int next = min(4, shape_Known - token - 4);
        for (int head = 0; head < shape_Heads; head++) {
            const global char* v = tokens + head * shape_HeadStride;
            for (int ahead = 0; ahead < next; ahead++)
            for (int i = 0; i < shape_Dimension; i += 64) {
#if defined(__clang__)
                __builtin_prefetch(v + offsets[token + 4 + ahead] + i, 0, 2);
#endif
            }
            int row = head * shape_RowsPerHead;
            const int end = row + shape_RowsPerHead;
            for (; row + 4 <= end; row += 4) {
                const global float* w = weights + (long)row * shape_Stride + token;
                global float* o = outputs + (long)row * shape_Dimension;
                int column = 0;
                for (; column + 32 <= shape_Dimension; column += 32) {
                    float8 o00 = vload8(0, o + 0 * shape_Dimension + column);
                    float8 o01 = vload8(1, o + 0 * shape_Dimension + column);
                    float8 o02 = vload8(2, o + 0 * shape_Dimension + column);
                    float8 o03 = vload8(3, o + 0 * shape_Dimension + column);
                    float8 o10 = vload8(0, o + 1 * shape_Dimension + column);
                    float8 o11 = vload8(1, o + 1 * shape_Dimension + column);
                    float8 o12 = vload8(2, o + 1 * shape_Dimension + column);
                    float8 o13 = vload8(3, o + 1 * shape_Dimension + column);
                    float8 o20 = vload8(0, o + 2 * shape_Dimension + column);
                    float8 o21 = vload8(1, o + 2 * shape_Dimension + column);
                    float8 o22 = vload8(2, o + 2 * shape_Dimension + column);
                    float8 o23 = vload8(3, o + 2 * shape_Dimension + column);
                    float8 o30 = vload8(0, o + 3 * shape_Dimension + column);
                    float8 o31 = vload8(1, o + 3 * shape_Dimension + column);
                    float8 o32 = vload8(2, o + 3 * shape_Dimension + column);
                    float8 o33 = vload8(3, o + 3 * shape_Dimension + column);
                    for (int t = 0; t < block; t++) {
                        const global char* value = v + offsets[token + t];
                        const float8 x0 = as_float8(as_int8(as_float8((convert_int8(vload8(0, value + (column + 0))) << 20) & (int8)-2014314496) * 0x1p120f) | (((convert_int8(vload8(0, value + (column + 0))) & (int8)127) == (int8)127) & (int8)2143289344));
                        const float8 x1 = as_float8(as_int8(as_float8((convert_int8(vload8(0, value + (column + 8))) << 20) & (int8)-2014314496) * 0x1p120f) | (((convert_int8(vload8(0, value + (column + 8))) & (int8)127) == (int8)127) & (int8)2143289344));
                        const float8 x2 = as_float8(as_int8(as_float8((convert_int8(vload8(0, value + (column + 16))) << 20) & (int8)-2014314496) * 0x1p120f) | (((convert_int8(vload8(0, value + (column + 16))) & (int8)127) == (int8)127) & (int8)2143289344));
                        const float8 x3 = as_float8(as_int8(as_float8((convert_int8(vload8(0, value + (column + 24))) << 20) & (int8)-2014314496) * 0x1p120f) | (((convert_int8(vload8(0, value + (column + 24))) & (int8)127) == (int8)127) & (int8)2143289344));
                        o00 = fma((float8)w[0 * shape_Stride + t], x0, o00);
                        o01 = fma((float8)w[0 * shape_Stride + t], x1, o01);
                        o02 = fma((float8)w[0 * shape_Stride + t], x2, o02);
                        o03 = fma((float8)w[0 * shape_Stride + t], x3, o03);
                        o10 = fma((float8)w[1 * shape_Stride + t], x0, o10);
                        o11 = fma((float8)w[1 * shape_Stride + t], x1, o11);
                        o12 = fma((float8)w[1 * shape_Stride + t], x2, o12);
                        o13 = fma((float8)w[1 * shape_Stride + t], x3, o13);
                        o20 = fma((float8)w[2 * shape_Stride + t], x0, o20);
                        o21 = fma((float8)w[2 * shape_Stride + t], x1, o21);
                        o22 = fma((float8)w[2 * shape_Stride + t], x2, o22);
                        o23 = fma((float8)w[2 * shape_Stride + t], x3, o23);
                        o30 = fma((float8)w[3 * shape_Stride + t], x0, o30);
                        o31 = fma((float8)w[3 * shape_Stride + t], x1, o31);
                        o32 = fma((float8)w[3 * shape_Stride + t], x2, o32);
                        o33 = fma((float8)w[3 * shape_Stride + t], x3, o33);
                    }
                    vstore8(o00, 0, o + 0 * shape_Dimension + column);
                    vstore8(o01, 1, o + 0 * shape_Dimension + column);
                    vstore8(o02, 2, o + 0 * shape_Dimension + column);
                    vstore8(o03, 3, o + 0 * shape_Dimension + column);
                    vstore8(o10, 0, o + 1 * shape_Dimension + column);
                    vstore8(o11, 1, o + 1 * shape_Dimension + column);
                    vstore8(o12, 2, o + 1 * shape_Dimension + column);
                    vstore8(o13, 3, o + 1 * shape_Dimension + column);
                    vstore8(o20, 0, o + 2 * shape_Dimension + column);
                    vstore8(o21, 1, o + 2 * shape_Dimension + column);
                    vstore8(o22, 2, o + 2 * shape_Dimension + column);
                    vstore8(o23, 3, o + 2 * shape_Dimension + column);
                    vstore8(o30, 0, o + 3 * shape_Dimension + column);
                    vstore8(o31, 1, o + 3 * shape_Dimension + column);
                    vstore8(o32, 2, o + 3 * shape_Dimension + column);
                    vstore8(o33, 3, o + 3 * shape_Dimension + column);
                }
                for (; column + 8 <= shape_Dimension; column += 8) {
                    float8 o00 = vload8(0, o + 0 * shape_Dimension + column);
                    float8 o10 = vload8(0, o + 1 * shape_Dimension + column);
                    float8 o20 = vload8(0, o + 2 * shape_Dimension + column);
                    float8 o30 = vload8(0, o + 3 * shape_Dimension + column);
                    for (int t = 0; t < block; t++) {
                        const global char* value = v + offsets[token + t];
                        const float8 x0 = as_float8(as_int8(as_float8((convert_int8(vload8(0, value + (column + 0))) << 20) & (int8)-2014314496) * 0x1p120f) | (((convert_int8(vload8(0, value + (column + 0))) & (int8)127) == (int8)127) & (int8)2143289344));
                        o00 = fma((float8)w[0 * shape_Stride + t], x0, o00);
                        o10 = fma((float8)w[1 * shape_Stride + t], x0, o10);
                        o20 = fma((float8)w[2 * shape_Stride + t], x0, o20);
                        o30 = fma((float8)w[3 * shape_Stride + t], x0, o30);
                    }
                    vstore8(o00, 0, o + 0 * shape_Dimension + column);
                    vstore8(o10, 0, o + 1 * shape_Dimension + column);
                    vstore8(o20, 0, o + 2 * shape_Dimension + column);
                    vstore8(o30, 0, o + 3 * shape_Dimension + column);
                }
                for (; column < shape_Dimension; column++)
                for (int r = 0; r < 4; r++) {
                    float sum = o[r * shape_Dimension + column];
                    for (int t = 0; t < block; t++)
                    sum = fma(w[r * shape_Stride + t], as_float(as_int(as_float(((int)((v + offsets[token + t]))[column] << 20) & (int)-2014314496) * 0x1p120f) | (-(((int)((v + offsets[token + t]))[column] & (int)127) == (int)127) & (int)2143289344)), sum);
                    o[r * shape_Dimension + column] = sum;
                }
            }
            for (; row + 1 <= end; row += 1) {
                const global float* w = weights + (long)row * shape_Stride + token;
                global float* o = outputs + (long)row * shape_Dimension;
                int column = 0;
                for (; column + 32 <= shape_Dimension; column += 32) {
                    float8 o00 = vload8(0, o + 0 * shape_Dimension + column);
                    float8 o01 = vload8(1, o + 0 * shape_Dimension + column);
                    float8 o02 = vload8(2, o + 0 * shape_Dimension + column);
                    float8 o03 = vload8(3, o + 0 * shape_Dimension + column);
                    for (int t = 0; t < block; t++) {
                        const global char* value = v + offsets[token + t];
                        const float8 x0 = as_float8(as_int8(as_float8((convert_int8(vload8(0, value + (column + 0))) << 20) & (int8)-2014314496) * 0x1p120f) | (((convert_int8(vload8(0, value + (column + 0))) & (int8)127) == (int8)127) & (int8)2143289344));
                        const float8 x1 = as_float8(as_int8(as_float8((convert_int8(vload8(0, value + (column + 8))) << 20) & (int8)-2014314496) * 0x1p120f) | (((convert_int8(vload8(0, value + (column + 8))) & (int8)127) == (int8)127) & (int8)2143289344));
                        const float8 x2 = as_float8(as_int8(as_float8((convert_int8(vload8(0, value + (column + 16))) << 20) & (int8)-2014314496) * 0x1p120f) | (((convert_int8(vload8(0, value + (column + 16))) & (int8)127) == (int8)127) & (int8)2143289344));
                        const float8 x3 = as_float8(as_int8(as_float8((convert_int8(vload8(0, value + (column + 24))) << 20) & (int8)-2014314496) * 0x1p120f) | (((convert_int8(vload8(0, value + (column + 24))) & (int8)127) == (int8)127) & (int8)2143289344));
                        o00 = fma((float8)w[0 * shape_Stride + t], x0, o00);
                        o01 = fma((float8)w[0 * shape_Stride + t], x1, o01);
                        o02 = fma((float8)w[0 * shape_Stride + t], x2, o02);
                        o03 = fma((float8)w[0 * shape_Stride + t], x3, o03);
                    }
                    vstore8(o00, 0, o + 0 * shape_Dimension + column);
                    vstore8(o01, 1, o + 0 * shape_Dimension + column);
                    vstore8(o02, 2, o + 0 * shape_Dimension + column);
                    vstore8(o03, 3, o + 0 * shape_Dimension + column);
                }
                for (; column + 8 <= shape_Dimension; column += 8) {
                    float8 o00 = vload8(0, o + 0 * shape_Dimension + column);
                    for (int t = 0; t < block; t++) {
                        const global char* value = v + offsets[token + t];
                        const float8 x0 = as_float8(as_int8(as_float8((convert_int8(vload8(0, value + (column + 0))) << 20) & (int8)-2014314496) * 0x1p120f) | (((convert_int8(vload8(0, value + (column + 0))) & (int8)127) == (int8)127) & (int8)2143289344));
                        o00 = fma((float8)w[0 * shape_Stride + t], x0, o00);
                    }
                    vstore8(o00, 0, o + 0 * shape_Dimension + column);
                }
                for (; column < shape_Dimension; column++)
                for (int r = 0; r < 1; r++) {
                    float sum = o[r * shape_Dimension + column];
                    for (int t = 0; t < block; t++)
                    sum = fma(w[r * shape_Stride + t], as_float(as_int(as_float(((int)((v + offsets[token + t]))[column] << 20) & (int)-2014314496) * 0x1p120f) | (-(((int)((v + offsets[token + t]))[column] & (int)127) == (int)127) & (int)2143289344)), sum);
                    o[r * shape_Dimension + column] = sum;
                }
            }
        }
    }
}
