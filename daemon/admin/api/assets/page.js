// Shows the description of the API with the reader, redoc. A server that was built without it has no
// such script, and the page keeps its link.
const font = 'system-ui, sans-serif';
const options = {
  theme: { typography: { fontFamily: font, headings: { fontFamily: font } } },
};
window.Redoc?.init('openapi.yaml', options, document.querySelector('main'));
